import { seconds } from './duration.js';
import { type Environment } from './environment.js';
import { type Field } from './field.js';

/** One setting of the drain in seconds, and the field that sets it (none: the library's default). */
export interface Setting {
  readonly seconds: number;
  readonly field?: Field;
}

/** A container's drain settings; each undefined when the manifests cannot tell it. */
export interface DrainSettings {
  readonly timeout: Setting | undefined;
  readonly propagationDelay: Setting | undefined;
  readonly flushTimeout: Setting | undefined;
}

const defaultFlushTimeout = 2;

/** Does the environment configure the drain at all? */
export function configuresDrain(environment: Environment): boolean {
  return environment.names.some((name) => name.startsWith('GRACEFUL_SHUTDOWN_'));
}

/** The settings from the environment, with the library's defaults where nothing is set. */
export function drainSettings(environment: Environment): DrainSettings {
  return {
    timeout: read(environment, 'GRACEFUL_SHUTDOWN_TIMEOUT', 300),
    propagationDelay: read(environment, 'GRACEFUL_SHUTDOWN_PROPAGATION_DELAY', 0),
    flushTimeout: read(environment, 'GRACEFUL_SHUTDOWN_FLUSH_TIMEOUT', defaultFlushTimeout),
  };
}

function read(environment: Environment, name: string, fallback: number): Setting | undefined {
  const field = environment.get(name);
  if (!field) return environment.mayHide(name) ? undefined : { seconds: fallback };
  const value = seconds(field.text);
  return value === undefined ? undefined : { seconds: value, field };
}

/** Seconds from the first trigger until the last farewell has left; undefined when unknown. */
export function drainTime(settings: DrainSettings | undefined): number | undefined {
  if (settings?.timeout === undefined) return undefined;
  return settings.timeout.seconds + (settings.flushTimeout?.seconds ?? defaultFlushTimeout);
}
