import { setTimeout as sleep } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds until it gives up. Default 5 000: a bound for what hangs, not a measure. */
  readonly timeout?: number;
  /** Milliseconds between two looks. Default 50. */
  readonly interval?: number;
}

/** Repeats a check until it passes, and returns what it gave. Too late, it throws what the check threw last. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout = 5_000, interval = 50 }: Patience = {},
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= end) throw error;
    }
    await sleep(interval);
  }
}
