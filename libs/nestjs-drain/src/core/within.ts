import type { Clock } from './clock.js';

/**
 * The one bounded wait: until `work` is settled, resolved or rejected, but no longer than `longest` ms
 * of the clock. It never rejects; the work's own promise keeps its error for others. What is no
 * promise is settled. A bound that has passed leaves the work one timer's turn.
 * @returns whether the work was settled in time
 */
export function within(clock: Clock, longest: number, work: unknown): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(Math.max(0, longest), () => resolve(false));
    void Promise.allSettled([work]).then(() => {
      cancel();
      resolve(true);
    });
  });
}
