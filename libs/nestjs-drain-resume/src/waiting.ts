import type { Clock } from './clock.js';
import { StoreUnavailableError } from './errors.js';

/** Lets one waiter sleep until it is woken. A wake-up that comes early is kept. */
export class WakeUp {
  #woken = false;
  #rouse: (() => void) | undefined;

  fire(): void {
    this.#woken = true;
    this.#rouse?.();
  }

  /** Until the next `fire`, for at most `delay` milliseconds, or until `signal` aborts. */
  async wait(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
    if (!this.#woken && !signal?.aborted) await this.#sleep(clock, delay, signal);
    this.#woken = false;
  }

  #sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const awake = () => {
        cancel();
        signal?.removeEventListener('abort', awake);
        this.#rouse = undefined;
        resolve();
      };
      const cancel = clock.schedule(delay, awake);
      signal?.addEventListener('abort', awake);
      this.#rouse = awake;
    });
  }
}

const shortestPause = 50;
const longestPause = 1000;

/** Bounds how long a call is repeated. Milliseconds. */
export interface RetryPolicy {
  readonly clock: Clock;
  /** For how long; `Infinity` for as long as it takes. */
  readonly timeout: number;
  readonly longestPause?: number;
  /** Fired when there is no need to wait for the next try. */
  readonly wake: WakeUp;
  readonly isOver: () => boolean;
}

/**
 * Repeats `call` with growing pauses while its store cannot be asked. Undefined if it was over meanwhile.
 * @throws the last error once the time is over; at once whatever is no `StoreUnavailableError`: repeating
 * would not mend it.
 */
export function retry<T>(call: () => Promise<T>, policy: RetryPolicy): Promise<T | undefined> {
  if (policy.isOver()) return Promise.resolve(undefined);
  const deadline = policy.clock.now() + policy.timeout;
  const goOn = (error: unknown): Promise<T | undefined> => repeat(call, policy, deadline, error);
  // The first call is nearly always the last one, and costs nothing for the others.
  try {
    return call().catch(goOn);
  } catch (error) {
    return goOn(error);
  }
}

async function repeat<T>(
  call: () => Promise<T>,
  policy: RetryPolicy,
  deadline: number,
  failure: unknown,
): Promise<T | undefined> {
  const { clock, wake, isOver } = policy;
  const longest = policy.longestPause ?? longestPause;
  let error = failure;
  for (let pause = shortestPause; ; pause = Math.min(pause * 2, longest)) {
    if (!(error instanceof StoreUnavailableError) || clock.now() >= deadline) throw error;
    await wake.wait(clock, pause);
    if (isOver()) return undefined;
    try {
      return await call();
    } catch (again) {
      error = again;
    }
  }
}
