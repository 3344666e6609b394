import type { Clock } from './clock.js';
import type { ConfirmedEvents } from './confirmed-events.js';
import { linkSignals } from './linked-signal.js';
import { StreamFailedError } from './errors.js';
import type { ManagedProducer, Production } from './production.js';
import type { ReadPosition, ResumableReader } from './reader.js';
import type { StreamEvent } from './store.js';

/** The stream lapsed while this replica shuts down: its reader has to ask another one. */
export class StreamElsewhereError extends Error {
  override readonly name = 'StreamElsewhereError';

  constructor(id: string) {
    super(`Stream ${id} goes on with another replica; ask again.`);
  }
}

/** One reader of one resumable stream. */
export interface FollowedStream {
  readonly id: string;
  /** Of its log, as in `StreamHead`: a reader that has no event yet comes back with it. */
  readonly incarnation: string;
  /** What it was started with. */
  readonly request: string;
  /** The last sequence the reader has; -1 for none. */
  readonly after: number;
  /** How many events there still are to read, if it is known that no more will come. */
  readonly left: number | undefined;
  /** Set if this replica has to produce the stream from now on: it is new, or was just taken over. */
  readonly production: Production | undefined;
  /**
   * What follows `after`, gapless and in order, up to the terminal event; ends quietly if `signal` aborts.
   * Calls `takeOver`, which must not throw, if this replica has to go on with the stream meanwhile.
   * @throws Error if the rest can only be had elsewhere, or not at all.
   */
  events(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncIterable<StreamEvent>;
  /** As `events`, so many at a time as are there: it costs less where there are many. */
  pages(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncIterable<readonly StreamEvent[]>;
}

/** What a reader asks of the producers in its process. */
export interface ProducerRegistry {
  readonly clock: Clock;
  /** Milliseconds between two looks at a stream that another replica produces. */
  readonly interval: number;
  /** This replica's production of this life of the stream, if it has one. */
  local(id: string, incarnation: string): ManagedProducer | undefined;
  /** Takes this life of the stream over if its producer is gone. */
  takeOver(id: string, incarnation: string): Promise<ManagedProducer | Exclude<Finding, 'here'>>;
}

/**
 * A reader that makes its stream go on here if its producer is lost. Beside the producer it takes the events as they
 * are confirmed; elsewhere, and for what it has missed, it reads the log.
 */
export class FollowingReader implements FollowedStream {
  #leave: () => void = () => undefined;
  #entered: ManagedProducer | undefined;
  #position: ReadPosition;
  /** Set while the log is read because the stream is produced elsewhere. */
  #moveHere: () => void = () => undefined;

  constructor(
    private readonly reader: ResumableReader,
    readonly request: string,
    readonly production: ManagedProducer | undefined,
    private readonly registry: ProducerRegistry,
  ) {
    this.#position = reader.position;
  }

  get id(): string {
    return this.reader.head.id;
  }

  get incarnation(): string {
    return this.reader.head.incarnation;
  }

  get left(): number | undefined {
    return this.reader.left;
  }

  get after(): number {
    return this.reader.position.sequence;
  }

  async *events(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    for await (const events of this.pages(takeOver, signal)) yield* events;
  }

  async *pages(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamEvent[], void, undefined> {
    const reading = linkSignals(signal);
    let lost: Error | undefined;
    this.#follow(this.registry.local(this.id, this.reader.head.incarnation));
    const watch = new TakeOverWatch({
      clock: this.registry.clock,
      interval: this.registry.interval,
      look: () => this.#look(takeOver, signal),
      leave: (finding) => reading.abort((lost = lossOf(this.id, finding))),
    });
    try {
      yield* this.#nearest(reading.signal);
      if (lost) throw lost;
    } finally {
      reading.dispose();
      watch.stop();
      this.#leave();
    }
  }

  /** Goes on from the log where the producer beside it stops, and the other way round. */
  async *#nearest(signal: AbortSignal): AsyncGenerator<readonly StreamEvent[], void, undefined> {
    for (;;) {
      const here = this.#entered?.confirmed;
      const isOver =
        here && !here.isOver ? yield* this.#fed(here, signal) : yield* this.#logged(signal);
      if (isOver || signal.aborted) return;
    }
  }

  /** Returns whether the stream was read to its end. */
  async *#fed(
    here: ConfirmedEvents,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamEvent[], boolean, undefined> {
    const feed = here.follow(signal);
    try {
      yield* this.#catchUp(feed.from, signal);
      for (;;) {
        const events = await feed.take();
        if (!events) return false;
        const news = this.#newOf(events);
        if (news.length > 0) yield this.#at(news);
        if (feed.isClosed) return true;
      }
    } finally {
      feed.leave();
    }
  }

  /** Reads from the log what was confirmed before event `from`. */
  async *#catchUp(
    from: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly StreamEvent[], void, undefined> {
    if (this.#position.sequence + 1 >= from) return;
    for await (const events of this.reader.pages(signal, this.#position)) {
      yield this.#at(events);
      if (this.#position.sequence + 1 >= from) return;
    }
  }

  /** Returns whether the stream was read to its end. */
  async *#logged(signal: AbortSignal): AsyncGenerator<readonly StreamEvent[], boolean, undefined> {
    const reading = linkSignals(signal);
    this.#moveHere = () => reading.abort(undefined);
    try {
      const pages = this.reader.pages(reading.signal, this.#position);
      for await (const events of pages) yield this.#at(events);
      return !reading.signal.aborted;
    } finally {
      this.#moveHere = () => undefined;
      reading.dispose();
    }
  }

  /** What was read from the log already may still come from the producer. */
  #newOf(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const { sequence } = this.#position;
    const isNew = (events[0]?.sequence ?? 0) > sequence;
    return isNew ? events : events.filter((event) => event.sequence > sequence);
  }

  #at(events: readonly StreamEvent[]): readonly StreamEvent[] {
    this.#position = events.at(-1) ?? this.#position;
    return events;
  }

  async #look(takeOver: (production: Production) => void, signal: AbortSignal): Promise<Finding> {
    const { id, incarnation } = this.reader.head;
    const local = this.registry.local(id, incarnation);
    if (local) {
      this.#follow(local);
      return 'here';
    }
    const taken = await this.registry.takeOver(id, incarnation);
    if (typeof taken === 'string') return taken;
    takeOver(taken);
    // For a reader that left meanwhile there is nothing to follow; the grace has begun.
    if (!signal.aborted) this.#follow(taken);
    return 'here';
  }

  #follow(production: ManagedProducer | undefined): void {
    if (!production || production === this.#entered) return;
    this.#leave();
    this.#entered = production;
    this.#leave = production.enter();
    this.#moveHere();
  }
}

/** The rest cannot be had here (`leaving`), or nowhere (`exhausted`). */
type Loss = 'leaving' | 'exhausted';

/** What the watch found: the stream is produced here, by another replica, is over, or cannot go on. */
export type Finding = 'here' | 'elsewhere' | 'over' | Loss;

function lossOf(id: string, loss: Loss): Error {
  if (loss === 'leaving') return new StreamElsewhereError(id);
  return new StreamFailedError(id, 'its store takes no event of it, and not its failure either');
}

interface TakeOverWatchOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly interval: number;
  /** Looks which replica produces the stream, and takes it over if none does. */
  look(): Promise<Finding>;
  /** The stream lapsed, and this replica may not take it over; or no replica can log it. */
  leave(loss: Loss): void;
}

/** Looks again and again, for as long as a reader here follows a stream. */
class TakeOverWatch {
  #cancel: () => void = () => undefined;
  #stopped = false;

  constructor(private readonly options: TakeOverWatchOptions) {
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #arm(): void {
    if (this.#stopped) return;
    this.#cancel = this.options.clock.schedule(this.options.interval, () => void this.#round());
  }

  async #round(): Promise<void> {
    // A store that does not answer now is asked again.
    const finding = await this.options.look().catch((): Finding => 'elsewhere');
    if (this.#stopped || finding === 'over') return;
    if (finding === 'leaving' || finding === 'exhausted') this.options.leave(finding);
    else this.#arm();
  }
}
