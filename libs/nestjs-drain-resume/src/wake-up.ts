import type { Clock } from './clock.js';

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
