import { type Field } from '../input/field.js';
import { seconds } from './duration.js';
import { type Environment } from './environment.js';
import { readsDrainVariables } from './image.js';

/** What the manifests do not say by themselves, because it stands in the service's code. */
export const settingNames = [
  'timeout',
  'propagationDelay',
  'flushTimeout',
  'terminationGracePeriod',
  'signals',
] as const;
export type SettingName = (typeof settingNames)[number];

/** A setting that was declared, in seconds (`signals`: 1 on, 0 off), and the field that holds it. */
export interface Setting {
  readonly seconds: number;
  /** Absent when a flag, the running service or the library's default said it. */
  readonly field?: Field;
}

export type Declared = Partial<Record<SettingName, number>>;

/** Annotation of the pod template or the workload, per setting. */
export const annotations: Record<SettingName, string> = {
  timeout: 'nestjs-drain/timeout',
  propagationDelay: 'nestjs-drain/propagation-delay',
  flushTimeout: 'nestjs-drain/flush-timeout',
  terminationGracePeriod: 'nestjs-drain/termination-grace-period',
  signals: 'nestjs-drain/signals',
};

/** Settings that only this library has; a service of any stack may say what SIGTERM does to it. */
const own: readonly SettingName[] = ['timeout', 'propagationDelay', 'flushTimeout'];

/** For a service of another stack: how long its longest stream lasts. It says nothing about a drain. */
export const longestStreamAnnotation = 'nestjs-drain/longest-stream';

/** The variables that the reference service reads, and the library's default for each. */
const variables: Record<SettingName, readonly [name: string, fallback: number | undefined]> = {
  timeout: ['GRACEFUL_SHUTDOWN_TIMEOUT', 300],
  propagationDelay: ['GRACEFUL_SHUTDOWN_PROPAGATION_DELAY', 0],
  flushTimeout: ['GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT', 2],
  terminationGracePeriod: ['TERMINATION_GRACE_PERIOD_SECONDS', undefined],
  signals: ['DISABLE_SIGNAL_HANDLER', 1],
};

/** Where a container's settings may be declared. */
export interface SettingSources {
  readonly image: string;
  readonly environment: Pick<Environment, 'get' | 'mayHide'>;
  /** The annotation of the pod template, else of the workload. */
  readonly annotation: (key: string) => Field;
  readonly flags: Declared;
  /** What the running service answered. */
  readonly live: Declared;
}

/** A container's settings: each is unknown until something declares it. */
export class Settings {
  constructor(private readonly sources: SettingSources) {}

  /** The setting; undefined when nothing in the input declares it. */
  get(name: SettingName): Setting | undefined {
    const { live, flags } = this.sources;
    const said = live[name] ?? flags[name];
    if (said !== undefined) return { seconds: said };
    return this.fromAnnotation(name) ?? this.fromVariable(name);
  }

  /** Does an annotation say that the container drains by this library? */
  get areDeclared(): boolean {
    return (
      readsDrainVariables(this.sources.image) ||
      Object.keys(this.sources.live).length > 0 ||
      own.some((name) => this.sources.annotation(annotations[name]).exists)
    );
  }

  /** The annotation's value; `$(NAME)` stands for the container's variable. */
  private fromAnnotation(name: SettingName): Setting | undefined {
    const own = this.sources.annotation(annotations[name]);
    const field =
      name === 'timeout' && !own.exists ? this.sources.annotation(longestStreamAnnotation) : own;
    const [, variable] = /^\$\((\w+)\)$/.exec(field.text ?? '') ?? [];
    const value = variable === undefined ? field : this.sources.environment.get(variable);
    return value && read(name, value);
  }

  private fromVariable(name: SettingName): Setting | undefined {
    const { image, environment } = this.sources;
    const [variable, fallback] = variables[name];
    if (!readsDrainVariables(image) || environment.mayHide(variable)) return undefined;
    const field = environment.get(variable);
    if (!field) return fallback === undefined ? undefined : { seconds: fallback };
    if (name !== 'signals') return read(name, field);
    return { seconds: /^(true|1)$/i.test(field.text ?? '') ? 0 : 1, field };
  }
}

/** A value of an annotation or variable; undefined when it cannot be read. */
export function read(name: SettingName, field: Field): Setting | undefined {
  const value = name === 'signals' ? switched(field.text) : seconds(field.text);
  return value === undefined ? undefined : { seconds: value, field };
}

function switched(text: string | undefined): number | undefined {
  if (/^(true|on|SIG\w+(,\s*SIG\w+)*)$/i.test(text ?? '')) return 1;
  return /^(false|off)$/i.test(text ?? '') ? 0 : undefined;
}
