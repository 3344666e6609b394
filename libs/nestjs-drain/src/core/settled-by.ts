import type { Clock } from './clock.js';

/**
 * Waits until `ending` is settled, resolved or rejected, but not beyond `time` (the clock's ms).
 * @returns whether it was settled by then.
 */
export function settledBy(clock: Clock, time: number, ending: unknown): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(Math.max(0, time - clock.now()), () => resolve(false));
    void Promise.allSettled([ending]).then(() => {
      cancel();
      resolve(true);
    });
  });
}
