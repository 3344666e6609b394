import type { Clock } from './clock.js';
import { LossError } from './errors.js';

/** How long to wait for anything. */
export interface IdleLimit {
  readonly clock: Clock;
  /** Milliseconds; Infinity waits for ever. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/**
 * What `work` gives. What it does after that does not matter any more.
 * @throws LossError if it takes longer than the limit, and the signal's reason if that aborts.
 */
export async function withIdleTimeout<T>(
  work: Promise<T>,
  { clock, limit, signal }: IdleLimit,
): Promise<T> {
  const { elapsed, cancel } = wait(clock, limit, signal);
  const lost = elapsed.then(() => {
    throw new LossError(`nothing came for ${limit / 1000} s (\`idleTimeout\`)`);
  });
  try {
    return await Promise.race([work, lost]);
  } finally {
    work.catch(() => undefined);
    cancel();
  }
}

/** Resolves after the delay, and rejects with the signal's reason when that aborts first. */
export async function sleep(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  await wait(clock, delay, signal).elapsed;
}

/** The one wait of this package. It leaves no timer and no listener behind. */
function wait(clock: Clock, delay: number, signal: AbortSignal) {
  let cancel = (): void => undefined;
  const elapsed = new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal.reason as Error);
    };
    const stop =
      delay === Infinity
        ? () => undefined
        : clock.schedule(delay, () => {
            cancel();
            resolve();
          });
    cancel = () => {
      stop();
      signal.removeEventListener('abort', abort);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
  return { elapsed, cancel };
}
