import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest } from '../../model/closest.js';
import { podTemplateOf } from '../../model/kinds.js';
import { unknownFields, type UnknownField } from '../../model/schema.js';
import { type Edit, type Rule } from '../../rule.js';

/** Fields that this check reads and that are put into the wrong place most often, and where they belong. */
const places: Record<string, readonly string[]> = {
  terminationGracePeriodSeconds: ['spec'],
  restartPolicy: ['spec'],
  nodeSelector: ['spec'],
  tolerations: ['spec'],
  affinity: ['spec'],
  topologySpreadConstraints: ['spec'],
  initContainers: ['spec'],
  volumes: ['spec'],
};

export const unknownField: Rule = {
  id: 'unknown-field',
  severity: 'error',
  title: 'A field that Kubernetes does not know here',
  why: 'The API server drops an unknown field, with a warning that a pipeline does not show: a hook named `prestop`, or a grace inside the container, is as good as none.',
  async *check({ resources }) {
    for (const resource of resources) {
      for (const unknown of await unknownFields(resource)) {
        if (isOfAnotherRule(unknown)) continue;
        const field = resource.root.at(...unknown.path);
        const { message, edits } = correction(resource, field, unknown);
        yield { resource, field, message, edits };
      }
    }
  },
};

/** A hook that asks for a POST has a rule of its own. */
const isOfAnotherRule = ({ path }: UnknownField): boolean =>
  path.includes('preStop') && /^(httpPost|method)$/.test(String(path.at(-1)));

function correction(resource: Resource, field: Field, { path, known }: UnknownField) {
  const name = String(path.at(-1));
  const remove: Edit = { field, value: undefined };
  const belongs = placeOf(resource, field, name) ?? lifecycleOf(resource, path, name);
  if (belongs && !belongs.exists) {
    return {
      message: `${name} is in the wrong place: it belongs into ${where(resource, belongs)}.`,
      edits: [remove, { field: belongs, value: field.value }],
    };
  }
  const near = closest(name, known);
  const right = near === undefined ? undefined : resource.root.at(...path.slice(0, -1), near);
  if (right && !right.exists) {
    return {
      message: `${name} is not known here; ${near} is.`,
      edits: [remove, { field: right, value: field.value }],
    };
  }
  return { message: `${name} is not known here, and is dropped.`, edits: [remove] };
}

function placeOf(resource: Resource, field: Field, name: string): Field | undefined {
  const near = closest(name, Object.keys(places)) ?? '';
  const template = podTemplateOf(resource);
  const belongs = places[near] && template?.at(...places[near], near);
  return belongs && String(belongs.path) !== String(field.path) ? belongs : undefined;
}

/** A hook that stands beside `lifecycle` instead of in it. */
function lifecycleOf(resource: Resource, path: UnknownField['path'], name: string) {
  const hook = closest(name, ['preStop', 'postStart']);
  const container = path.slice(0, -1);
  if (hook === undefined || container.at(-1) === 'lifecycle') return undefined;
  return resource.root.at(...container, 'lifecycle', hook);
}

const where = ({ root }: Resource, field: Field): string =>
  field.path.slice(root.path.length, -1).join('.') || 'the top';
