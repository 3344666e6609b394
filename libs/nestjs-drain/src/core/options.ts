import type { WaveOptions } from './waves.js';

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
  /** `Retry-After` of a refused stream, and `retry:` of a told subscription. Default 1. */
  retryAfter?: number;
  /** How many streams are told at a time. Default 50 every 0.0025 s. */
  waves?: Partial<WaveOptions>;
  /**
   * The pod's `terminationGracePeriodSeconds`, if you want it checked: SIGKILL comes then, so
   * `timeout + flushTimeout` must be less. Default: not checked.
   */
  terminationGracePeriod?: number;
}

export interface ResolvedDrainOptions extends Required<
  Omit<DrainOptions, 'waves' | 'terminationGracePeriod'>
> {
  readonly waves: WaveOptions;
  readonly terminationGracePeriod: number | undefined;
}

/** Thrown at start when options cannot work. The message says what was wrong and what to set. */
export class InvalidDrainOptionsError extends Error {
  override readonly name = 'InvalidDrainOptionsError';

  constructor(readonly problems: readonly string[]) {
    super(
      `GracefulShutdownModule cannot start:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

/** setTimeout's limit: 2^31 - 1 ms. */
const longest = 2_147_483;

const seconds = (name: string, value: unknown, least = 0): string[] =>
  typeof value === 'number' && value >= least && value <= longest
    ? []
    : [`\`${name}\` is ${format(value)}; set a number of seconds from ${least} to ${longest}.`];

function format(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Problems with keys nobody knows: a typing mistake must not silently mean the default. */
export function unknownKeys(options: object, known: readonly string[], within = ''): string[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `\`${within}${key}\` is not an option; known are ${known.join(', ')}.`);
}

export const drainOptionKeys = [
  'timeout',
  'propagationDelay',
  'flushTimeout',
  'retryAfter',
  'waves',
  'terminationGracePeriod',
] as const;

/**
 * Fills in the defaults.
 * @throws InvalidDrainOptionsError naming every impossible value and its remedy.
 */
export function resolveDrainOptions(options: DrainOptions = {}): ResolvedDrainOptions {
  const resolved: ResolvedDrainOptions = {
    timeout: options.timeout ?? 300,
    propagationDelay: options.propagationDelay ?? 0,
    flushTimeout: options.flushTimeout ?? 2,
    retryAfter: options.retryAfter ?? 1,
    waves: { size: options.waves?.size ?? 50, interval: options.waves?.interval ?? 0.0025 },
    terminationGracePeriod: options.terminationGracePeriod,
  };
  const problems = [
    ...unknownKeys(options, drainOptionKeys),
    ...unknownKeys(options.waves ?? {}, ['size', 'interval'], 'waves.'),
    ...rangeProblems(resolved),
  ];
  if (problems.length === 0) problems.push(...sumProblems(resolved));
  if (problems.length > 0) throw new InvalidDrainOptionsError(problems);
  return resolved;
}

function rangeProblems(options: ResolvedDrainOptions): string[] {
  return [
    ...seconds('timeout', options.timeout),
    ...seconds('propagationDelay', options.propagationDelay),
    ...seconds('flushTimeout', options.flushTimeout),
    ...seconds('retryAfter', options.retryAfter),
    ...seconds('waves.interval', options.waves.interval, 0.001),
    ...(options.terminationGracePeriod === undefined
      ? []
      : seconds('terminationGracePeriod', options.terminationGracePeriod)),
    ...(Number.isInteger(options.waves.size) && options.waves.size > 0
      ? []
      : [`\`waves.size\` is ${format(options.waves.size)}; set a whole number of streams from 1.`]),
  ];
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
    const shorter =
      terminationGracePeriod > flushTimeout
        ? `, or \`timeout\` below ${terminationGracePeriod - flushTimeout}`
        : '';
    problems.push(
      `\`timeout\` + \`flushTimeout\` (${timeout} + ${flushTimeout} s) reaches the pod's ` +
        `terminationGracePeriod (${terminationGracePeriod} s), when the kubelet sends SIGKILL; ` +
        `set terminationGracePeriodSeconds to at least ${Math.ceil(timeout + flushTimeout + 5)}${shorter}.`,
    );
  }
  return problems;
}
