import { type Clock, scheduleBehindSockets } from '../core/clock.js';

/** Tasks at times of a clock, which are cancelled together. */
export class Timers {
  /** By the whole ms in which they are due: what comes to a thousand connections at once needs one timer. */
  readonly #pending = new Map<
    number,
    { readonly tasks: (() => void)[]; readonly cancel: () => void }
  >();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  /** @param time the clock's ms; a time that has passed means the next turn. */
  at(time: number, task: () => void): void {
    const due = Math.ceil(Math.max(time, this.now()));
    const pending = this.#pending.get(due);
    if (pending) pending.tasks.push(task);
    else this.#schedule(due, [task]);
  }

  cancelAll(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
  }

  #schedule(due: number, tasks: (() => void)[]): void {
    const cancel = scheduleBehindSockets(this.clock, due - this.now(), () => {
      this.#pending.delete(due);
      for (const task of tasks) task();
    });
    this.#pending.set(due, { tasks, cancel });
  }
}
