import type { Clock } from '../core/clock.js';

/** Tasks at times of a clock, which are cancelled together. */
export class Timers {
  readonly #pending = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  /** @param time the clock's ms; a time that has passed means the next turn. */
  at(time: number, task: () => void): void {
    const cancel = this.clock.schedule(Math.max(0, time - this.now()), () => {
      this.#pending.delete(cancel);
      task();
    });
    this.#pending.add(cancel);
  }

  cancelAll(): void {
    for (const cancel of this.#pending) cancel();
    this.#pending.clear();
  }
}
