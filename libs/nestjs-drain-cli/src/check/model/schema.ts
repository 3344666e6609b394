import { type Field } from '../input/field.js';
import { podSpecOf } from './kinds.js';
import { labelsOf, matchesSelector } from './selector.js';
import { type Resource } from '../input/resource.js';
import { type Model, type ModelClass } from './kubernetes.js';

/** A fault against Kubernetes' own schema. */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The type that was wanted, where that is the fault. */
  readonly wanted?: string;
  /** What mends it, where that is known: a field and its value, or no value to remove it. */
  readonly remedy?: { readonly field: Field; readonly value: unknown };
}

/** What Kubernetes' schema refuses in a resource; nothing for kinds without a model. */
export async function schemaFaults(resource: Resource): Promise<SchemaFault[]> {
  const Model = await modelOf(resource);
  const faults = Model ? validate(new Model(resource.root.value as never)) : [];
  return [...faults, ...withoutImage(resource), ...refusedTemplate(resource)];
}

/** A field that the schema does not know, and the names that it does know there. */
export interface UnknownField {
  readonly path: readonly (string | number)[];
  readonly known: readonly string[];
}

/**
 * The fields that the schema never looks at. The published models are compiled: they name no
 * fields, but read every field that they know, so what is never read is unknown.
 */
export async function unknownFields(resource: Resource): Promise<UnknownField[]> {
  const Model = await modelOf(resource);
  if (!Model) return [];
  const reading = new Reading();
  const validator = Object.create(Model.prototype as object) as Model;
  // The constructor would copy the data, and read all of it.
  const watched = reading.watch({ ...(resource.root.value as object) }, []);
  validate({ validate: () => validator.validate.call(watched as Model) });
  return reading.unread();
}

/** The models are loaded with the first resource that is judged. */
async function modelOf(resource: Resource): Promise<ModelClass | undefined> {
  const { models } = await import('./kubernetes.js');
  return models[`${resource.apiVersion}/${resource.kind}`];
}

/** Notes which fields of which objects are read. */
class Reading {
  private readonly objects = new Map<
    string,
    { path: (string | number)[]; value: object; read: Set<string> }
  >();

  watch(value: unknown, path: (string | number)[]): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const key = JSON.stringify(path);
    const { read } = this.objects.get(key) ?? { read: new Set<string>() };
    if (!Array.isArray(value)) this.objects.set(key, { path, value, read });
    return new Proxy(value, {
      get: (target, name) => {
        const item = Reflect.get(target, name) as unknown;
        if (typeof name === 'symbol') return item;
        read.add(name);
        return this.watch(item, [...path, Array.isArray(value) ? Number(name) : name]);
      },
    });
  }

  /** Of an object of which nothing was read, the schema knows nothing (free data). */
  unread(): UnknownField[] {
    return [...this.objects.values()].flatMap(({ path, value, read }) => {
      if (read.size === 0) return [];
      const unknown = Object.keys(value).filter((name) => !read.has(name));
      return unknown.map((name) => ({ path: [...path, name], known: [...read] }));
    });
  }
}

function validate(model: Model): SchemaFault[] {
  try {
    model.validate();
    return [];
  } catch (error) {
    return faultsOf(error);
  }
}

/** The API server wants an image, the published schema does not. */
function withoutImage(resource: Resource): SchemaFault[] {
  const spec = podSpecOf(resource);
  return (spec?.at('containers').items ?? [])
    .filter((each) => !each.at('image').exists)
    .map(({ path }) => ({
      path: path.slice(resource.root.path.length),
      message: `${path.slice(resource.root.path.length).join('.')} has no image`,
    }));
}

/** What the API server refuses in the pod template of a controller, and no schema says. */
function refusedTemplate(resource: Resource): SchemaFault[] {
  if (resource.apiVersion !== 'apps/v1') return [];
  const template = resource.spec.at('template');
  const policy = template.at('spec', 'restartPolicy');
  const deadline = template.at('spec', 'activeDeadlineSeconds');
  const remove = (field: Field) => ({ field, value: undefined });
  return [
    ...missedTemplate(resource, template.at('metadata', 'labels')),
    ...((policy.text ?? 'Always') === 'Always'
      ? []
      : [fault(resource, policy, 'must be Always here', remove(policy))]),
    ...(deadline.exists
      ? [fault(resource, deadline, 'is for Jobs and bare Pods only', remove(deadline))]
      : []),
  ];
}

function missedTemplate(resource: Resource, labels: Field): SchemaFault[] {
  const selector = resource.spec.at('selector');
  if (!selector.exists || matchesSelector(selector, labelsOf(labels))) return [];
  const wanted = selector.at('matchLabels').entries.map(([key, { value }]) => [key, value]);
  const own = labels.entries.map(([key, { value }]) => [key, value]);
  const value = Object.fromEntries([...own, ...wanted]) as unknown;
  const what = "does not select the labels of the resource's own template";
  return [fault(resource, selector, what, { field: labels, value })];
}

function fault(
  resource: Resource,
  field: Field,
  what: string,
  remedy: SchemaFault['remedy'],
): SchemaFault {
  const path = field.path.slice(resource.root.path.length);
  return { path, message: `${path.join('.')} ${what}`, ...(remedy && { remedy }) };
}

interface AjvError {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword?: string;
  readonly params?: { readonly type?: string };
}

function faultsOf(error: unknown): SchemaFault[] {
  const { errors } = error as { errors?: readonly AjvError[] };
  if (!errors) throw error;
  return errors.map(({ instancePath, message, keyword, params }) => ({
    path: instancePath
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    message: `${instancePath.slice(1).replaceAll('/', '.')} ${message ?? 'is not valid'}`,
    ...(keyword === 'type' && params?.type !== undefined && { wanted: params.type }),
  }));
}
