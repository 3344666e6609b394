import type { Clock } from '../../src/core/clock.js';
import { endOfTurn } from './turn.js';

/** A machine on which work takes time: while it works, timers fall due and have to wait. */
export class BusyMachine implements Clock {
  #time = 0;
  readonly #tasks = new Set<{ readonly due: number; readonly task: () => void }>();

  now(): number {
    return this.#time;
  }

  work(ms: number): void {
    this.#time += ms;
  }

  schedule(delayMs: number, task: () => void): () => void {
    const scheduled = { due: this.#time + Math.max(0, delayMs), task };
    this.#tasks.add(scheduled);
    return () => this.#tasks.delete(scheduled);
  }

  async runAll(): Promise<void> {
    for (;;) {
      await endOfTurn();
      const next = this.#earliest();
      if (!next) return;
      this.#tasks.delete(next);
      this.#time = Math.max(this.#time, next.due);
      next.task();
    }
  }

  #earliest(): { readonly due: number; readonly task: () => void } | undefined {
    let earliest;
    for (const task of this.#tasks) if (!earliest || task.due < earliest.due) earliest = task;
    return earliest;
  }
}
