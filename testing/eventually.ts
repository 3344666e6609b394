import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Milliseconds until it gives up: a bound for what hangs, not a measure. It is the same for all, since a busy
 * machine is slow wherever it likes, and less than Jest's own, which would not say what was waited for.
 */
export const patience = 90_000;

export interface Pace {
  /** Milliseconds between two looks. Default 50. */
  readonly interval?: number;
}

/** Repeats a check until it passes, and returns what it gave. Too late, it throws what the check threw last. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { interval = 50 }: Pace = {},
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await sleep(interval);
  }
}
