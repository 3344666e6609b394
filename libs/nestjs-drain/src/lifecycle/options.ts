import { constants } from 'node:os';
import { drainOptionChecks, resolveDrainOptions, type DrainOptions } from '../core/options.js';
import {
  checkOptions,
  filled,
  flag,
  list,
  seconds,
  unlessFalse,
  type OptionCheck,
  type OptionChecks,
} from '../core/option-checks.js';

export const PROCESS_OPTIONS = Symbol.for('nestjs-drain.ProcessOptions');

/** How the process goes away. All times in seconds. */
export interface ProcessOptions {
  /**
   * The signals that start the drain. Default `['SIGTERM', 'SIGINT']`. `false`: none; the drain then
   * starts with `app.close()`, which Nest's `enableShutdownHooks()` calls on its own signals.
   */
  signals?: readonly NodeJS.Signals[] | false;
  /**
   * Whether an operator's second signal exits at once, with 128 + the signal's number. A signal within
   * 1 s of the first is the same signal delivered twice. Default true.
   */
  forceExitOnSecondSignal?: boolean;
  /** What each `beforeDrain()` and `afterDrain()` may take. Default 5. */
  hookTimeout?: number;
  /**
   * After a signal: from the end of the drain to a forced exit with code 1, in case a hook of the
   * application hangs or something keeps the event loop alive. Default 10.
   */
  exitTimeout?: number;
  /**
   * Whether an `app.close()` that is the first trigger waits `propagationDelay` too. Default false: no
   * balancer sends to an application that its own code closes, as tests do. With `signals: false` it is
   * true, because Nest may close the application for a signal.
   */
  lameDuckOnClose?: boolean;
}

export interface ModuleOptions extends DrainOptions, ProcessOptions {}

export type ResolvedProcessOptions = Required<ProcessOptions>;

/** Signals that Node cannot listen to (https://nodejs.org/api/process.html#signal-events). */
const uncatchable = ['SIGKILL', 'SIGSTOP'];

const signalName: OptionCheck = (name, value) => {
  const known = typeof value === 'string' && value in constants.signals;
  if (known && !uncatchable.includes(value)) return [];
  const reason = known ? 'no process can listen to it' : 'it is no signal of this system';
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return [`\`${name}\` is ${shown}: ${reason}; set names such as "SIGTERM" or "SIGINT".`];
};

/** Every option of the drain and of the process. */
export const moduleOptionChecks: OptionChecks = {
  ...drainOptionChecks,
  signals: unlessFalse(filled(list(signalName), 'set false for no signal at all')),
  forceExitOnSecondSignal: flag,
  hookTimeout: seconds(),
  exitTimeout: seconds(),
  lameDuckOnClose: flag,
};

/**
 * Takes the options apart: the drain's, and the process'.
 * @throws InvalidDrainOptionsError naming every impossible value and its remedy.
 */
export function separateOptions(options: ModuleOptions): {
  readonly drain: DrainOptions;
  readonly process: ResolvedProcessOptions;
} {
  checkOptions('GracefulShutdownModule', options, moduleOptionChecks);
  const { signals, forceExitOnSecondSignal, hookTimeout, exitTimeout, lameDuckOnClose, ...drain } =
    options;
  resolveDrainOptions(drain);
  return {
    drain,
    process: {
      signals: signals ?? ['SIGTERM', 'SIGINT'],
      forceExitOnSecondSignal: forceExitOnSecondSignal ?? true,
      hookTimeout: hookTimeout ?? 5,
      exitTimeout: exitTimeout ?? 10,
      lameDuckOnClose: lameDuckOnClose ?? signals === false,
    },
  };
}
