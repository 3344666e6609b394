import type { Clock } from './clock.js';
import { TellingRate } from './telling-rate.js';

export interface WaveOptions {
  /** Streams told per wave. Default 50. */
  readonly size: number;
  /** Seconds from one wave to the next. Default 0.0025. */
  readonly interval: number;
}

/** ms after which a wave lets the other work of the process have its turn, and goes on behind it. */
const longestTurn = 25;

/** What a caller of the waves may add to `tell`. */
export interface WaveCalls<T> {
  /** Behind each wave, or each part of one. */
  readonly afterWave?: (told: readonly T[], isLast: boolean) => void;
  /** The clock's ms before which the next wave need not begin. @param left how many it still has to tell */
  readonly holdUntil?: (left: number) => number;
}

/**
 * Tells many streams without a thundering herd: `size` of them, a pause, the next `size`.
 * Where that would not fit the time there is, the waves grow; they never take more than half of it,
 * because the other half belongs to the answers. A machine that is too slow for this plan sets the pace itself: the
 * waves follow each other without a pause, and never keep the event loop for longer than `longestTurn`.
 */
export class WaveSchedule {
  constructor(
    private readonly clock: Clock,
    private readonly options: WaveOptions,
    /** Learns from the waves. */
    private readonly rate = new TellingRate(),
  ) {}

  /** How many are told per wave when `total` have to be told within `budget` ms. */
  sizeFor(total: number, budget: number): number {
    const waves = Math.max(1, Math.floor(budget / 2 / (this.options.interval * 1000)));
    return Math.max(this.options.size, Math.ceil(total / waves));
  }

  /** Calls `tell` for each, the first wave at once. Returns a function that stops the rest. */
  run<T>(
    all: readonly T[],
    budget: number,
    tell: (one: T) => void,
    calls: WaveCalls<T> = {},
  ): () => void {
    const run = new WaveRun(this.clock, this.rate, { all, tell, ...calls });
    run.start(this.sizeFor(all.length, budget), this.options.interval * 1000);
    return () => run.stop();
  }
}

interface Plan<T> extends WaveCalls<T> {
  readonly all: readonly T[];
  readonly tell: (one: T) => void;
}

/** One run through all. It has one timer at a time. */
class WaveRun<T> {
  #told = 0;
  /** Where the wave that is being told ends, and when it was due. */
  #end = 0;
  #due: number;
  #cancel = (): void => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly rate: TellingRate,
    private readonly plan: Plan<T>,
  ) {
    this.#due = clock.now();
  }

  start(size: number, interval: number): void {
    this.#end = size;
    this.#tell(size, interval);
  }

  stop(): void {
    this.#cancel();
  }

  #tell(size: number, interval: number): void {
    const { all, tell, afterWave } = this.plan;
    const from = this.#told;
    const startedAt = this.clock.now();
    const until = Math.min(this.#end, all.length, from + this.#mostInTurn);
    while (this.#told < until) {
      tell(all[this.#told] as T);
      this.#told += 1;
      if (this.clock.now() - startedAt >= longestTurn) break;
    }
    const isLast = this.#told >= all.length;
    afterWave?.(all.slice(from, this.#told), isLast);
    if (isLast) return;
    // What the ends bring with them comes in the next turn, and is measured too.
    this.#cancel = this.clock.schedule(0, () => {
      this.rate.observe(this.#told - from, this.clock.now() - startedAt);
      this.#goOn(size, interval);
    });
  }

  /** By the rate, because most of the work comes behind the telling; the clock sees the rest. */
  get #mostInTurn(): number {
    return Math.max(1, Math.floor(longestTurn / this.rate.timeFor(1)));
  }

  #goOn(size: number, interval: number): void {
    if (this.#told >= this.#end) {
      this.#end += size;
      const held = this.plan.holdUntil?.(this.plan.all.length - this.#told) ?? 0;
      // By the plan, not by the end of this wave: one that takes long must not delay the last.
      this.#due = Math.max(this.#due + interval, held);
    }
    const wait = this.#due - this.clock.now();
    if (wait > 0) this.#cancel = this.clock.schedule(wait, () => this.#tell(size, interval));
    else this.#tell(size, interval);
  }
}
