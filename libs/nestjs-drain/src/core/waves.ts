import type { Clock } from './clock.js';

export interface WaveOptions {
  /** Streams told per wave. Default 50. */
  readonly size: number;
  /** Seconds from one wave to the next. Default 0.0025. */
  readonly interval: number;
}

/**
 * Tells many streams without a thundering herd: `size` of them, a pause, the next `size`.
 * Where that would not fit the time there is, the waves grow; they never take more than half of it,
 * because the other half belongs to the answers.
 */
export class WaveSchedule {
  constructor(
    private readonly clock: Clock,
    private readonly options: WaveOptions,
  ) {}

  /** How many are told per wave when `total` have to be told within `budget` ms. */
  sizeFor(total: number, budget: number): number {
    const waves = Math.max(1, Math.floor(budget / 2 / (this.options.interval * 1000)));
    return Math.max(this.options.size, Math.ceil(total / waves));
  }

  /** Calls `tell` for each, the first wave at once. Returns a function that stops the rest. */
  run<T>(all: readonly T[], budget: number, tell: (one: T) => void): () => void {
    const size = this.sizeFor(all.length, budget);
    const startedAt = this.clock.now();
    let cancel = (): void => undefined;
    const wave = (number: number): void => {
      const next = number + 1;
      for (const one of all.slice(number * size, next * size)) tell(one);
      if (next * size >= all.length) return;
      // By the plan, not by the end of this wave: one that takes long must not delay the last.
      const due = startedAt + next * this.options.interval * 1000;
      cancel = this.clock.schedule(Math.max(0, due - this.clock.now()), () => wave(next));
    };
    wave(0);
    return () => cancel();
  }
}
