import { UsageError } from './usage-error.js';

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of a duration such as `300ms`, `1.5s` or `2m`; a bare number means seconds.
 * @throws UsageError when the text is none of these.
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (!match) {
    throw new UsageError(`"${text}" is not a duration: write 300ms, 1.5s or 2m`);
  }
  return Number(match[1]) * (units[match[2] ?? 's'] ?? 1000);
}

/** A duration for people: `40 ms`, from 100 ms on `0.3 s`, rounded up so that it suffices. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds <= 99) return `${Math.ceil(milliseconds)} ms`;
  return `${Math.ceil(milliseconds / 100) / 10} s`;
}
