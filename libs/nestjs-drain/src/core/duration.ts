/**
 * A length of time in seconds; fractions are fine. Every option of this library that is a time has
 * this type and is checked by `durationProblems`.
 */
export type Seconds = number;

/**
 * The longest time a Node timer can wait: 2^31 - 1 ms, about 24 days. Node fires a longer timer after
 * 1 ms, at once instead of never (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args).
 */
export const longestDuration: Seconds = 2_147_483;

/** `Retry-After` and the like have whole seconds (RFC 9110, section 10.2.3); a shorter wait would be too early. */
export const wholeSeconds = (seconds: Seconds): number => Math.ceil(seconds);

/**
 * What is wrong with a value that should be a duration, with the remedy. Empty if nothing is.
 * `Infinity` is refused: a drain that never ends is ended by SIGKILL.
 */
export function durationProblems(name: string, value: unknown, least: Seconds = 0): string[] {
  if (typeof value === 'number' && value >= least && value <= longestDuration) return [];
  return [
    `\`${name}\` is ${format(value)}; set a number of seconds from ${least} to ${longestDuration}.`,
  ];
}

/** From here on, a whole number of thousands is rather a number of milliseconds. */
const suspicious: Seconds = 1000;

/** Warnings about durations that look like milliseconds, with the value that may have been meant. */
export function durationWarnings(durations: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(durations)
    .filter(([, value]) => typeof value === 'number' && value >= suspicious && value % 1000 === 0)
    .map(
      ([name, value]) =>
        `\`${name}\` is ${String(value)} seconds (${describe(value as Seconds)}). Times are in seconds: ` +
        `if you meant ${String(value)} ms, set ${(value as Seconds) / 1000}.`,
    );
}

const describe = (seconds: Seconds): string =>
  seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;

/** A value as an error message shows it. */
export function format(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
