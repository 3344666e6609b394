import { setTimeout as sleep } from 'node:timers/promises';

/** One answer, as a client asks for it. */
export interface Order {
  /** Where the replicas are, behind a balancer. */
  readonly replicas: string;
  /** Where the store is, for systems whose clients read it themselves. */
  readonly store: string;
  readonly id: string;
  readonly signal: AbortSignal;
}

/**
 * Yields the words of one answer as they come. It returns when the system says that the answer is over, and throws
 * when it can have no more of it.
 */
export type Client = (order: Order) => AsyncIterable<string>;

/** The same for every client: so many tries in a row without a word, and seconds between two of them. */
export const retries = { attempts: 10, shortestPause: 0.3, longestPause: 0.5 };

/** Counts the tries of a client that has no retries of its own. */
export class Tries {
  #left = retries.attempts;

  progress(): void {
    this.#left = retries.attempts;
  }

  /** Waits before the next try. @throws `error` when there is none left. */
  async failed(error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#left === 0) throw error;
    this.#left -= 1;
    const { shortestPause, longestPause } = retries;
    const seconds = shortestPause + Math.random() * (longestPause - shortestPause);
    await sleep(seconds * 1000, undefined, { signal });
  }
}
