import type { Clock } from './clock.js';

export interface WaveOptions {
  /** Streams told per wave. Default 200. */
  readonly size: number;
  /** Seconds from one wave to the next. Default 0.02. */
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
    let cancel = (): void => undefined;
    const wave = (from: number): void => {
      for (const one of all.slice(from, from + size)) tell(one);
      const next = from + size;
      if (next < all.length) {
        cancel = this.clock.schedule(this.options.interval * 1000, () => wave(next));
      }
    };
    wave(0);
    return () => cancel();
  }
}
