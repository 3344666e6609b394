import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds since the rehearsal began, and waiting by them. */
export interface Clock {
  now(): number;
  /** Resolves after `milliseconds`, or as soon as `signal` aborts; never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's monotonic time in milliseconds: the same in every process of this machine. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The machine's monotonic clock; 0 is `begin`, a time of `monotonic`. Default: now. */
export function systemClock(begin = monotonic()): Clock {
  return {
    now: () => monotonic() - begin,
    sleep: async (milliseconds, signal) => {
      try {
        await delay(milliseconds, undefined, signal ? { signal } : {});
      } catch {
        // Aborted: the sleeper looks at its own signal.
      }
    },
  };
}
