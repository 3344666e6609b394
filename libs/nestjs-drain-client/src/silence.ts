import type { Clock } from './clock.js';
import { LossError } from './errors.js';

/** How long to wait for anything. */
export interface SilenceLimit {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * What `work` gives. What it does after that is nobody's concern any more.
 * @throws LossError if it takes longer than the limit, and the signal's reason if that aborts.
 */
export async function bounded<T>(
  work: Promise<T>,
  { clock, limit, signal }: SilenceLimit,
): Promise<T> {
  let stop: () => void = () => undefined;
  const impatience = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    const lost = () =>
      reject(new LossError(`nothing came for ${limit / 1000} s (\`idleTimeout\`)`));
    const cancel = limit === Infinity ? undefined : clock.schedule(limit, lost);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    stop = () => {
      cancel?.();
      signal.removeEventListener('abort', abort);
    };
  });
  try {
    return await Promise.race([work, impatience]);
  } finally {
    work.catch(() => undefined);
    stop();
  }
}
