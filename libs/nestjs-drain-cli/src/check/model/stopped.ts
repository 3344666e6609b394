import { Field } from '../input/field.js';
import { ForeignContainer } from '../input/foreign.js';
import { type Resource } from '../input/resource.js';
import { seconds } from './duration.js';
import { imageRole } from './image.js';
import { Settings, type SettingSources } from './settings.js';

/** What a platform beside Kubernetes does to a container: its signal, and after the grace SIGKILL. */
export interface Stopped {
  readonly resource: ForeignContainer;
  readonly settings: Settings;
  /** The drain's, in seconds. */
  readonly timeout: number;
  /** The field that says the grace. */
  readonly field: Field;
  /** Seconds; undefined where a variable of the file says it. */
  readonly grace: number | undefined;
  readonly isDefault: boolean;
  /** Seconds that the platform allows at most. */
  readonly most: number;
  /** A grace as this platform writes it. */
  readonly write: (seconds: number) => unknown;
}

/** A resource as such a container; a reason where it cannot be judged; undefined when it is none. */
export function stoppedOf(
  resource: Resource,
  outside: Pick<SettingSources, 'flags' | 'live'>,
): Stopped | string | undefined {
  if (!(resource instanceof ForeignContainer)) return undefined;
  const image = resource.root.at('image').text ?? '';
  if (imageRole(image) !== 'app') return 'a database, a proxy or a helper by its image';
  if (resource.annotation('nestjs-drain/role').text === 'worker')
    return 'nestjs-drain/role says so';
  const { variables, hidesVariables } = resource;
  const environment = {
    get: (name: string) => variables.get(name),
    mayHide: (name: string) => hidesVariables && !variables.has(name),
  };
  const annotation = (key: string) => resource.annotation(key);
  const settings = new Settings({ ...outside, image, annotation, environment });
  const timeout = settings.get('timeout')?.seconds;
  if (timeout === undefined) {
    return 'nothing says how long its drain may last: give it the label nestjs-drain/timeout, or pass --timeout';
  }
  return { resource, settings, timeout, ...graceOf(resource) };
}

type Grace = Pick<Stopped, 'field' | 'grace' | 'isDefault' | 'most' | 'write'>;

/** Docker: 10 s. ECS: 30 s; on Fargate 120 s at most. */
function graceOf({ platform, root }: ForeignContainer): Grace {
  if (platform === 'compose') {
    const field = root.at('stop_grace_period');
    const grace = field.exists ? seconds(field.text) : 10;
    return { field, grace, isDefault: !field.exists, most: Infinity, write: (each) => `${each}s` };
  }
  const field = root.at('stopTimeout');
  const grace = field.exists ? field.number : 30;
  const most = mayBeFargate(root) ? 120 : Infinity;
  return { field, grace, isDefault: !field.exists, most, write: (each) => each };
}

/** A task that names no launch type may run on Fargate as well. */
function mayBeFargate({ document }: Field): boolean {
  const root = new Field(document, [], document.value);
  const task = root.at('taskDefinition').exists ? root.at('taskDefinition') : root;
  const launch = task.at('requiresCompatibilities').items.map(({ text }) => text);
  return launch.length === 0 || launch.includes('FARGATE');
}
