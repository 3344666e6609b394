import type { Clock } from './clock.js';
import type { Seconds } from './duration.js';
import { FlushQueue } from './flush-queue.js';
import { usualSpare, type ResolvedDrainOptions } from './options.js';
import type { Stream } from './stream.js';
import type { StreamRegistry } from './stream-registry.js';
import type { TellingRate } from './telling-rate.js';
import type { WaveSchedule } from './waves.js';

/** What the telling works with. */
interface Means {
  readonly clock: Clock;
  readonly streams: StreamRegistry;
  readonly options: ResolvedDrainOptions;
  readonly waves: WaveSchedule;
  readonly rate: TellingRate;
}

interface FarewellCalls {
  readonly tell: (stream: Stream) => void;
  /** Behind the deadline no stream is left that has to be told. */
  readonly onAllTold: () => void;
  /** All that is open now has had its time. @param shortfall where the time did not suffice to tell all */
  readonly onOver: (shortfall?: Shortfall) => void;
}

/** What the last bound left undone. */
export interface Shortfall {
  /** Streams that were never told. */
  readonly untold: number;
  /** The `terminationGracePeriod` that would have sufficed, by the rate that was measured. */
  readonly neededGracePeriod: Seconds;
}

/** How long the farewells of the streams that are open now would take. */
export interface Outlook {
  readonly streams: number;
  readonly seconds: Seconds;
  /** Seconds by which they would begin before the deadline. */
  readonly lead: Seconds;
  /** The `terminationGracePeriod` that they need; undefined where the time that there is suffices. */
  readonly neededGracePeriod: Seconds | undefined;
}

/**
 * Ends the streams that are open at the deadline, in waves. Where this machine needs longer for all of them than there is
 * room behind the deadline, the waves begin before it: the first one measures the machine, and the others as late as its
 * rate allows, never in the first half of the draining time. A stream's time to flush counts from its own farewell. The
 * grace period is the last bound: what is not told by then is destroyed, and the report says so.
 */
export class Farewells {
  readonly #flushes: FlushQueue;
  #hasBegun = false;
  #told = 0;
  /** The clock's ms; so is the next. */
  #deadline: number;
  #lastAt = 0;
  #cancelStart = (): void => undefined;
  #cancelEnd = (): void => undefined;
  #stopTelling = (): void => undefined;
  #isOver = false;

  /** @param since when the draining began; so is `deadline` in the clock's ms */
  constructor(
    private readonly means: Means,
    private readonly since: number,
    deadline: number,
    private readonly calls: FarewellCalls,
  ) {
    const { clock, options } = means;
    this.#deadline = deadline;
    this.#flushes = new FlushQueue(clock, options.flushTimeout * 1000, () => this.#conclude());
    this.#awaitStart();
  }

  /** Whether any stream was told, or was due, because of the deadline. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The clock's ms of the last farewell; 0 before the first. */
  get lastAt(): number {
    return this.#lastAt;
  }

  get outlook(): Outlook {
    const { rate, streams } = this.means;
    const count = streams.sizeOf('finite');
    const needed = rate.timeFor(count);
    const lead = Math.max(0, this.#deadline - this.#startFor(count));
    const after = needed - lead;
    const suffices = after <= this.#telling;
    return {
      streams: count,
      seconds: needed / 1000,
      lead: lead / 1000,
      neededGracePeriod: suffices ? undefined : this.#graceFor(after),
    };
  }

  /**
   * The deadline is here.
   * @param end ms from now in which all has to be over, where less is left than the options say
   */
  expire(end?: number): void {
    const { clock, streams, waves } = this.means;
    this.#hasBegun = true;
    this.#cancelStart();
    this.#stopTelling();
    this.#deadline = Math.min(this.#deadline, clock.now());
    // Counted from the deadline, not from the timer, which a busy process may see late.
    const endAt = end === undefined ? this.#deadline + this.#timeBehind : clock.now() + end;
    this.#cancelEnd = clock.schedule(endAt - clock.now(), () => this.#stopAtBound());
    const open = [...streams];
    this.#flushes.add(open.filter(({ endedFor }) => endedFor));
    const untold = open.filter(({ endedFor }) => !endedFor);
    this.#stopTelling = waves.run(untold, end ?? this.#telling, this.calls.tell, {
      afterWave: (told, isLast) => {
        this.#note(told, isLast);
        if (isLast) this.calls.onAllTold();
      },
    });
  }

  #note(told: readonly Stream[], isLast: boolean): void {
    this.#told += told.length;
    if (told.length > 0) this.#lastAt = this.means.clock.now();
    this.#flushes.add(told, isLast);
  }

  stop(): void {
    this.#isOver = true;
    this.#cancelStart();
    this.#cancelEnd();
    this.#stopTelling();
    this.#flushes.stop();
  }

  /** Looks again when it is time: meanwhile streams have ended by themselves. */
  #awaitStart(): void {
    const { clock, streams } = this.means;
    const startAt = this.#startFor(streams.untold);
    if (startAt >= this.#deadline) return;
    const look = (): void => {
      if (this.#startFor(streams.untold) > clock.now()) this.#awaitStart();
      else this.#beginEarly();
    };
    this.#cancelStart = clock.schedule(Math.max(0, startAt - clock.now()), look);
  }

  #beginEarly(): void {
    const { clock, streams, waves } = this.means;
    // What is written whole has until the deadline to leave, and its own time behind it.
    const untold = [...streams].filter(({ endedFor, isComplete }) => !endedFor && !isComplete);
    if (untold.length === 0) return;
    this.#hasBegun = true;
    const budget = 2 * (this.#deadline + this.#room - clock.now());
    this.#stopTelling = waves.run(untold, budget, this.calls.tell, {
      afterWave: (due) => {
        // Some may have been written meanwhile.
        const told = due.filter(({ endedFor }) => endedFor);
        this.#note(told, false);
      },
      holdUntil: (left) => this.#startFor(left),
    });
  }

  /** The clock's ms at which the first of so many has to be told. */
  #startFor(count: number): number {
    const lead = this.means.rate.timeFor(count) - this.#room;
    if (lead <= 0) return this.#deadline;
    return Math.max((this.since + this.#deadline) / 2, this.#deadline - lead);
  }

  /** ms from the deadline in which the last is to be told: half of the time there is, because a rate is an estimate. */
  get #room(): number {
    return this.#telling / 2;
  }

  /** ms from the deadline for telling: half of what the grace period leaves. The other half is for hooks and exit. */
  get #telling(): number {
    const { timeout, flushTimeout, terminationGracePeriod: grace } = this.means.options;
    const spare = grace === undefined ? usualSpare : grace - timeout - flushTimeout;
    return (spare * 1000) / 2;
  }

  /** ms from the deadline until all is over. */
  get #timeBehind(): number {
    return this.#telling + this.means.options.flushTimeout * 1000;
  }

  /** @param telling ms from the deadline until the last is told */
  #graceFor(telling: number): Seconds {
    const { timeout, flushTimeout } = this.means.options;
    // A second more: waves are not cut to the millisecond.
    return Math.ceil(timeout + flushTimeout + (2 * telling) / 1000) + 1;
  }

  /** No more are told. What has left meanwhile is released before the rest is destroyed, a turn later. */
  #stopAtBound(): void {
    this.#stopTelling();
    this.calls.onAllTold();
    if (this.#isOver) return;
    this.#cancelEnd = this.means.clock.schedule(0, () => this.#cutShort());
  }

  #cutShort(): void {
    const { clock, streams, rate } = this.means;
    const untold = [...streams].filter(({ endedFor, isComplete }) => !endedFor && !isComplete);
    // Of all, because with another grace they would begin at another time.
    const all = rate.timeFor(this.#told + untold.length);
    const telling = Math.max(all, clock.now() - this.#deadline + rate.timeFor(untold.length));
    this.#conclude(
      untold.length > 0
        ? { untold: untold.length, neededGracePeriod: this.#graceFor(telling) }
        : undefined,
    );
  }

  #conclude(shortfall?: Shortfall): void {
    if (this.#isOver) return;
    this.stop();
    this.calls.onOver(shortfall);
  }
}
