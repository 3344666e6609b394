import type { Clock } from './clock.js';
import { linkSignals, readingOver } from './linked-signal.js';
import { StreamFailedError } from './errors.js';
import { FollowedPages, type Watched } from './followed-pages.js';
import { FedPages, LoggedPages, type Page, type PageSource } from './page-sources.js';
import type { ManagedProducer, Production } from './production.js';
import type { ResumableReader } from './reader.js';
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
  /** Where the reader stands. Not the event itself, which would be kept until the next one comes. */
  #sequence: number;
  #epoch: number | undefined;
  /** Ends the reading of the log because the stream is produced here now. */
  #moveHere: () => void = () => undefined;

  constructor(
    private readonly reader: ResumableReader,
    readonly request: string,
    readonly production: ManagedProducer | undefined,
    private readonly registry: ProducerRegistry,
  ) {
    ({ sequence: this.#sequence, epoch: this.#epoch } = reader.position);
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

  pages(takeOver: (production: Production) => void, signal: AbortSignal): FollowedPages {
    return new FollowedPages({
      watch: () => this.#watch(takeOver, signal),
      nearest: (until) => this.#nearest(until),
      advance: (page) => this.#advance(page),
      leave: () => this.#leave(),
    });
  }

  /** Beside the producer what it confirms, elsewhere the log: what stops in the one goes on in the other. */
  #nearest(signal: AbortSignal): PageSource {
    const position = { sequence: this.#sequence, epoch: this.#epoch };
    const here = this.#entered?.confirmed;
    if (!here || here.isOver) {
      const logged = new LoggedPages(signal, (until) => this.reader.pages(until, position));
      this.#moveHere = () => logged.stop();
      return logged;
    }
    const feed = here.follow(signal);
    const isBehind = position.sequence + 1 < feed.from;
    return new FedPages(feed, isBehind ? this.reader.pages(signal, position) : undefined);
  }

  /** Follows the stream to the producer that goes on with it, for as long as it is read. */
  #watch(takeOver: (production: Production) => void, signal: AbortSignal): Watched {
    const reading = linkSignals(signal);
    const { clock, interval } = this.registry;
    this.#follow(this.registry.local(this.id, this.incarnation));
    const watch = new TakeOverWatch({
      clock,
      interval,
      look: () => this.#look(takeOver, signal),
      leave: (finding) => reading.abort((watched.loss = lossOf(this.id, finding))),
    });
    const watched: Watched = {
      signal: reading.signal,
      loss: undefined,
      stop: (isWaited) => {
        if (isWaited) reading.abort(readingOver);
        else reading.dispose();
        watch.stop();
      },
    };
    return watched;
  }

  /**
   * What is new of a page: what was read from the log already may still come from the producer. The reader stands behind
   * it then.
   */
  #advance(page: Page): Page {
    const sequence = this.#sequence;
    const isNew = (page[0]?.sequence ?? 0) > sequence;
    const last = page.at(-1);
    if (last && last.sequence > sequence) {
      this.#sequence = last.sequence;
      this.#epoch = last.epoch;
    }
    return isNew ? page : page.filter((event) => event.sequence > sequence);
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
