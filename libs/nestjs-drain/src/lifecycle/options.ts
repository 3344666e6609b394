import {
  drainOptionKeys,
  InvalidDrainOptionsError,
  unknownKeys,
  type DrainOptions,
} from '../core/options.js';
import type { Farewell } from '../streams/farewell.js';

/** Where the module's farewell is found; undefined means the default one. */
export const FAREWELL = Symbol.for('nestjs-drain.Farewell');
export const PROCESS_OPTIONS = Symbol.for('nestjs-drain.ProcessOptions');

/** How the process goes away. All times in seconds. */
export interface ProcessOptions {
  /**
   * The signals that start the drain. Default `['SIGTERM', 'SIGINT']`. `false`: none; the drain then
   * starts with `app.close()`, which Nest's `enableShutdownHooks()` calls on its own signals.
   */
  signals?: readonly NodeJS.Signals[] | false;
  /** Whether a second signal exits at once, with 128 + the signal's number. Default true. */
  forceExitOnSecondSignal?: boolean;
  /** What each `beforeDrain()` and `afterDrain()` may take. Default 5. */
  hookTimeout?: number;
  /**
   * After a signal: from the end of the drain to a forced exit with code 1, in case a hook of the
   * application hangs or something keeps the event loop alive. Default 10.
   */
  exitTimeout?: number;
}

export interface ModuleOptions extends DrainOptions, ProcessOptions {
  /** What cancelled `@Sse()` streams send last, unless their route declares its own. */
  farewell?: Farewell;
}

export type ResolvedProcessOptions = Required<ProcessOptions>;

const processOptionKeys = [
  'signals',
  'forceExitOnSecondSignal',
  'hookTimeout',
  'exitTimeout',
  'farewell',
] as const;

/** Takes the options apart: the drain's, and the process'. */
export function separateOptions(options: ModuleOptions): {
  readonly drain: DrainOptions;
  readonly process: ResolvedProcessOptions;
} {
  const problems = unknownKeys(options, [...drainOptionKeys, ...processOptionKeys]);
  const { signals, forceExitOnSecondSignal, hookTimeout, exitTimeout, farewell, ...drain } =
    options;
  for (const [name, value] of Object.entries({ hookTimeout, exitTimeout })) {
    if (value !== undefined && !(value >= 0)) {
      problems.push(`\`${name}\` is ${value}; set a number of seconds from 0.`);
    }
  }
  if (farewell === null) problems.push('`farewell` is null; leave it out for the default.');
  if (problems.length > 0) throw new InvalidDrainOptionsError(problems);
  return {
    drain,
    process: {
      signals: signals ?? ['SIGTERM', 'SIGINT'],
      forceExitOnSecondSignal: forceExitOnSecondSignal ?? true,
      hookTimeout: hookTimeout ?? 5,
      exitTimeout: exitTimeout ?? 10,
    },
  };
}
