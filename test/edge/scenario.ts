import type { EdgeOptions } from '../fixtures/edge-app/options.js';
import { lameDuck, nearDeadline, times, type Bench } from './bench.js';
import type { Flavour } from './flavour.js';

const { flushTimeout, hookTimeout, exitTimeout } = times;
const { timeout } = nearDeadline;

/** What may hold up the exit, in seconds after the last thing that was waited for on purpose. */
export const bounds = {
  'at once': 0,
  flushTimeout,
  hookTimeout,
  exitTimeout,
  /** Of the library, and no option. */
  bodyPatience: 5,
  ...lameDuck,
  timeout,
  'timeout + flushTimeout': timeout + flushTimeout,
} as const;

export interface Scenario {
  readonly name: string;
  /** Where it has a meaning. Default: everywhere. */
  readonly on?: (flavour: Flavour) => boolean;
  readonly options?: EdgeOptions;
  readonly bound: keyof typeof bounds;
  /** How the process ends. Default: exit code 0. */
  readonly exit?: number | NodeJS.Signals;
  /** Plays it up to the exit, and says what the client sees. */
  run(bench: Bench): Promise<string>;
}

export const isHttp1 = ({ version }: Flavour): boolean => version === 1;
export const isHttp2 = ({ version }: Flavour): boolean => version === 2;
export const isTls = ({ tls }: Flavour): boolean => tls;
/** For what is about the process and no client: once per adapter says it all. */
export const isPlain = (flavour: Flavour): boolean => isHttp1(flavour) && !flavour.tls;
