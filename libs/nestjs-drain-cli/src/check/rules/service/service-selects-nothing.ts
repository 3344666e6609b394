import { TemplateIndex } from '../../model/label-index.js';
import { isDecidedByTemplate, type Labels, labelsOf } from '../../model/selector.js';
import { oncePerManifests } from '../../model/once-per-manifests.js';
import { type Rule } from '../../rule.js';
import { type Field } from '../../input/field.js';
import { matchLabelsOf, nearestWorkload } from './near.js';

export const serviceSelectsNothing: Rule = {
  id: 'service-selects-nothing',
  severity: 'error',
  title: 'The Service selects no pod',
  why: 'A Service whose selector matches nothing has no endpoint: every request through it is refused.',
  *check(manifests) {
    for (const service of manifests.ofKind('Service')) {
      const selector = service.spec.at('selector');
      if (service.group !== '' || selector.entries.length === 0) continue;
      if (!isDecidedByTemplate(selector)) continue;
      if (manifests.workloads.length === 0 || manifests.workloadsOf(service).length > 0) continue;
      if (templatesOf(manifests).isSelectedBy(selector)) continue;
      const nearest = nearestWorkload(service, selector, manifests);
      yield {
        resource: service,
        field: selector,
        message: `Its selector matches no pod in the input${nearest ? `; ${nearest.resource.toString()} is near` : ''}.`,
        // The pods may come from elsewhere.
        ...(nearest
          ? {}
          : { severity: 'note', advice: '# Pass the manifest of its pods as well.' }),
        edits: nearest ? [{ field: selector, value: matchLabelsOf(nearest) }] : [],
      };
    }
  },
};

/** The labels of every template in the input, those of kinds that this check does not judge as well. */
const templatesOf = oncePerManifests(
  ({ resources }) => new TemplateIndex(resources.flatMap(({ spec }) => labelsIn(spec))),
);

function labelsIn(field: Field): Labels[] {
  const own = field.at('metadata', 'labels');
  const below = [...field.entries.map(([, value]) => value), ...field.items];
  return [...(own.exists ? [labelsOf(own)] : []), ...below.flatMap(labelsIn)];
}
