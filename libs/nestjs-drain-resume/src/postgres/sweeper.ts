import type { Clock } from '../clock.js';

/** Streams that one statement removes. */
const portion = 20;
/** Milliseconds. */
const interval = 5_000;

/** Removes expired streams while others are written, in portions, at most one at a time. */
export class Sweeper {
  #next = Number.NEGATIVE_INFINITY;

  /** @param sweep removes at most so many and says how many it removed. */
  constructor(
    private readonly clock: Clock,
    private readonly sweep: (limit: number) => Promise<number>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Called with every write. */
  sweepSometimes(): void {
    if (this.clock.now() < this.#next) return;
    this.#next = Number.POSITIVE_INFINITY;
    void this.all()
      .catch(this.onError)
      .finally(() => (this.#next = this.clock.now() + interval));
  }

  /** Removes everything that has expired, and says how many streams that were. */
  async all(): Promise<number> {
    let removed = 0;
    for (;;) {
      const count = await this.sweep(portion);
      removed += count;
      if (count < portion) return removed;
    }
  }
}
