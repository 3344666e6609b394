import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds since the rehearsal began, and waiting by them. */
export interface Clock {
  now(): number;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts; never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's monotonic clock, starting at 0 now. */
export function systemClock(): Clock {
  const begin = performance.now();
  return {
    now: () => performance.now() - begin,
    sleep: async (milliseconds, signal) => {
      try {
        await delay(milliseconds, undefined, signal ? { signal } : {});
      } catch {
        // Aborted: the sleeper looks at its own signal.
      }
    },
  };
}
