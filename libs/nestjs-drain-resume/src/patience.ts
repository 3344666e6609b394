import type { Clock } from './clock.js';
import type { WakeUp } from './wake-up.js';

const shortestPause = 50;
const longestPause = 1000;

/** Bounds how long and how often a call that throws is repeated. Durations in milliseconds. */
export interface RetryPolicy {
  readonly clock: Clock;
  readonly patience: number;
  /** Fired when there is no need to wait any longer. */
  readonly wake: WakeUp;
  readonly isOver: () => boolean;
}

/**
 * Repeats `call` with growing pauses while it throws. Undefined if it was over meanwhile.
 * @throws the last error once patience is exhausted.
 */
export async function retry<T>(
  call: () => Promise<T>,
  { clock, patience, wake, isOver }: RetryPolicy,
): Promise<T | undefined> {
  const deadline = clock.now() + patience;
  for (let pause = shortestPause; !isOver(); pause = Math.min(pause * 2, longestPause)) {
    try {
      return await call();
    } catch (error) {
      if (clock.now() >= deadline) throw error;
    }
    await wake.wait(clock, pause);
  }
  return undefined;
}
