import {
  checkOptions,
  flag,
  InvalidDrainOptionsError,
  object,
  seconds,
  wholeNumber,
  type OptionChecks,
} from './option-checks.js';
import type { WaveOptions } from './waves.js';

export { InvalidDrainOptionsError } from './option-checks.js';

/** The bounds of a drain. All times in seconds; fractions are fine. */
export interface DrainOptions {
  /**
   * From the first trigger to the deadline, `propagationDelay` included. Streams still open then are
   * cancelled with their farewell. Default 300.
   */
  timeout?: number;
  /**
   * How long new streams are still accepted after the first trigger, because load balancers keep
   * sending them until they have heard (kube-proxy: up to about 1 s in a rolling update). Default 0:
   * refused at once.
   */
  propagationDelay?: number;
  /** After the deadline, how long farewells may take to leave before the sockets are destroyed. Default 2. */
  flushTimeout?: number;
  /**
   * `Retry-After` of a refused stream, rounded up to whole seconds, and `retry:` of a subscription that
   * is asked to reconnect. Default 1.
   */
  retryAfter?: number;
  /** How many streams are told at a time. Default 50 every 0.0025 s. */
  waves?: Partial<WaveOptions>;
  /**
   * The pod's `terminationGracePeriodSeconds`, at least `timeout + flushTimeout + 5`. SIGKILL comes then, so the start
   * fails where it leaves nothing for the hooks and the exit. Default: not checked.
   */
  terminationGracePeriod?: number;
  /**
   * For a process that a watcher restarts on every save: the first trigger shuts the listeners at once, so
   * that the next process finds the port free, and ends every stream at once, with its farewell. `timeout`
   * and `propagationDelay` count as 0. Default: whether `node --watch`, or `nest start --watch` in a script
   * of package.json, started this process.
   */
  development?: boolean;
}

export interface ResolvedDrainOptions extends Required<
  Omit<DrainOptions, 'waves' | 'terminationGracePeriod'>
> {
  readonly waves: WaveOptions;
  readonly terminationGracePeriod: number | undefined;
}

/** The checks of the drain's options, also for a module whose own options hold them. */
export const drainOptionChecks: OptionChecks = {
  timeout: seconds(),
  propagationDelay: seconds(),
  flushTimeout: seconds(),
  retryAfter: seconds(),
  waves: object({
    size: wholeNumber(1, undefined, 'whole number of streams'),
    interval: seconds(0.001),
  }),
  terminationGracePeriod: seconds(),
  development: flag,
};

/** Seconds of the grace period beyond `timeout + flushTimeout`, for the hooks and the exit: docs/operations.md. */
export const usualSpare = 5;

/** What development mode makes of the bounds: the deadline is the first trigger. */
const atOnce = { timeout: 0, propagationDelay: 0 } as const;

/**
 * Fills in the defaults. The bounds of production are checked in development too.
 * @throws InvalidDrainOptionsError naming every impossible value and its remedy.
 */
export function resolveDrainOptions(options: DrainOptions = {}): ResolvedDrainOptions {
  checkOptions('GracefulShutdownModule', options, drainOptionChecks);
  const resolved: ResolvedDrainOptions = {
    timeout: options.timeout ?? 300,
    propagationDelay: options.propagationDelay ?? 0,
    flushTimeout: options.flushTimeout ?? 2,
    retryAfter: options.retryAfter ?? 1,
    waves: { size: options.waves?.size ?? 50, interval: options.waves?.interval ?? 0.0025 },
    terminationGracePeriod: options.terminationGracePeriod,
    development: options.development ?? false,
  };
  const problems = sumProblems(resolved);
  if (problems.length > 0) throw new InvalidDrainOptionsError(problems);
  return resolved.development ? { ...resolved, ...atOnce } : resolved;
}

function sumProblems(options: ResolvedDrainOptions): string[] {
  const { timeout, propagationDelay, flushTimeout, terminationGracePeriod } = options;
  const problems: string[] = [];
  if (propagationDelay > 0 && propagationDelay >= timeout) {
    problems.push(
      `\`propagationDelay\` (${propagationDelay} s) leaves nothing of \`timeout\` (${timeout} s), which includes it; ` +
        `set \`timeout\` above ${propagationDelay}.`,
    );
  }
  if (terminationGracePeriod !== undefined && timeout + flushTimeout >= terminationGracePeriod) {
    const longest = terminationGracePeriod - flushTimeout - usualSpare;
    const shorter = longest > 0 ? `, or \`timeout\` to at most ${longest}` : '';
    problems.push(
      `\`timeout\` + \`flushTimeout\` (${timeout} + ${flushTimeout} s) reaches the pod's ` +
        `terminationGracePeriod (${terminationGracePeriod} s), when the kubelet sends SIGKILL; ` +
        `set terminationGracePeriodSeconds to at least \`timeout\` + \`flushTimeout\` + ${usualSpare}, ` +
        `which is ${Math.ceil(timeout + flushTimeout + usualSpare)}${shorter}.`,
    );
  }
  return problems;
}
