import type { Clock } from './clock.js';
import type { Stream } from './stream.js';

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

  /**
   * Calls `tell` for each, the first wave at once, and `afterWave` behind each wave. On a machine that is too slow for
   * the plan the waves follow each other without a pause. Returns a function that stops the rest.
   */
  run<T>(
    all: readonly T[],
    budget: number,
    tell: (one: T) => void,
    afterWave?: (told: readonly T[], isLast: boolean) => void,
  ): () => void {
    const size = this.sizeFor(all.length, budget);
    const startedAt = this.clock.now();
    let cancel = (): void => undefined;
    const wave = (number: number): void => {
      const next = number + 1;
      const told = all.slice(number * size, next * size);
      for (const one of told) tell(one);
      const isLast = next * size >= all.length;
      afterWave?.(told, isLast);
      if (isLast) return;
      // By the plan, not by the end of this wave: one that takes long must not delay the last.
      const due = startedAt + next * this.options.interval * 1000;
      cancel = this.clock.schedule(Math.max(0, due - this.clock.now()), () => wave(next));
    };
    wave(0);
    return () => cancel();
  }
}

interface Told {
  readonly due: number;
  readonly streams: readonly Stream[];
}

/**
 * Destroys the streams that were told to end and are still open `flushTimeout` later: counted from when each was
 * told, not from when the first was. One timer for all waves.
 */
export class FlushQueue {
  readonly #waves: Told[] = [];
  #isClosed = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds. */
    private readonly flushTimeout: number,
    /** All have been told, and the time of the last is over. */
    private readonly onOver: () => void,
  ) {}

  /** These have been told now. */
  add(streams: readonly Stream[], isLast: boolean): void {
    this.#waves.push({ due: this.clock.now() + this.flushTimeout, streams });
    this.#isClosed ||= isLast;
    if (this.#waves.length === 1) this.#arm();
  }

  /** No more are told: of these, what was never told is destroyed. */
  close(open: readonly Stream[]): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const told = new Set(this.#waves.flatMap(({ streams }) => streams));
    for (const stream of open) if (!told.has(stream)) stream.destroy();
    if (this.#waves.length === 0) this.onOver();
  }

  stop(): void {
    this.#cancel?.();
  }

  #arm(): void {
    const [next] = this.#waves;
    if (!next) return;
    this.#cancel = this.clock.schedule(Math.max(0, next.due - this.clock.now()), () =>
      this.#flush(),
    );
  }

  #flush(): void {
    const told = this.#waves.shift();
    for (const stream of told?.streams ?? []) stream.destroy();
    if (this.#waves.length > 0) this.#arm();
    else if (this.#isClosed) this.onOver();
  }
}
