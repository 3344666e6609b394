import { Field } from './field.js';
import { Resource } from './resource.js';

/** A container of a platform beside Kubernetes: a service of a compose file, or a container of an ECS task. */
export class ForeignContainer extends Resource {
  constructor(
    readonly platform: 'compose' | 'ecs',
    root: Field,
    override readonly name: string,
    /** The labels that stand for annotations here. */
    private readonly labels: ReadonlyMap<string, Field>,
    /** Where a label that is missing is added. */
    private readonly labelAt: (key: string) => Field,
    readonly variables: ReadonlyMap<string, Field>,
    /** May more variables be set than the file shows? */
    readonly hidesVariables: boolean,
  ) {
    super(root);
  }

  override annotation(key: string): Field {
    return this.labels.get(key) ?? this.labelAt(key);
  }

  override toString(): string {
    return `${this.platform === 'compose' ? 'service' : 'container'}/${this.name}`;
  }
}

/** The containers in a document that is no manifest of Kubernetes; none in any other document. */
export function foreignContainers(root: Field): ForeignContainer[] {
  if (root.at('apiVersion').exists) return [];
  const task = root.at('taskDefinition').exists ? root.at('taskDefinition') : root;
  const containers = task.at('containerDefinitions').items;
  if (containers.length > 0) return containers.map(ecsContainer);
  const services = root.at('services').entries;
  return services.every(([, each]) => each.at('image').exists || each.at('build').exists)
    ? services.map(([name, each]) => composeService(name, each))
    : [];
}

function ecsContainer(root: Field): ForeignContainer {
  const labels = root.at('dockerLabels');
  const environment = root.at('environment').items;
  return new ForeignContainer(
    'ecs',
    root,
    root.at('name').text ?? '',
    new Map(labels.entries),
    (key) => labels.at(key),
    new Map(environment.map((each) => [each.at('name').text ?? '', each.at('value')])),
    root.at('environmentFiles').exists || root.at('secrets').exists,
  );
}

function composeService(name: string, root: Field): ForeignContainer {
  const labels = root.at('labels');
  const next = labels.items.length;
  return new ForeignContainer(
    'compose',
    root,
    name,
    pairs(labels),
    (key) => (Array.isArray(labels.value) ? labels.at(next) : labels.at(key)),
    pairs(root.at('environment')),
    root.at('env_file').exists || root.at('extends').exists,
  );
}

/** Compose knows maps, and lists of `name=value`. */
function pairs(field: Field): Map<string, Field> {
  const listed = field.items.map((item): [string, Field] => {
    const [name = '', ...rest] = (item.text ?? '').split('=');
    return [name, new Field(item.document, item.path, rest.join('='))];
  });
  return new Map([...field.entries, ...listed]);
}
