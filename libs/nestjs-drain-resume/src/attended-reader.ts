import type { Clock } from './clock.js';
import type { FollowedStream, Production } from './resumption.js';
import type { ManagedProducer } from './production.js';
import type { ResumableReader } from './resumable-reader.js';
import type { StreamEvent } from './store.js';

/** The stream lapsed while this replica shuts down: its reader has to ask another one. */
export class StreamElsewhereError extends Error {
  override readonly name = 'StreamElsewhereError';

  constructor(id: string) {
    super(`Stream ${id} goes on with another replica; ask again.`);
  }
}

/** What a reader asks of those who produce. */
export interface ProducerRegistry {
  readonly clock: Clock;
  /** Milliseconds between two looks at a stream that another replica produces. */
  readonly interval: number;
  /** This replica's production of the stream, if it has one. */
  local(id: string): ManagedProducer | undefined;
  /** Takes the stream over if its producer is gone. */
  takeOver(id: string): Promise<ManagedProducer | Exclude<Finding, 'here'>>;
}

/** A reader that makes its stream go on here if its producer is lost. */
export class FollowingReader implements FollowedStream {
  #leave: () => void = () => undefined;
  #entered: ManagedProducer | undefined;

  constructor(
    private readonly reader: ResumableReader,
    readonly request: string,
    readonly after: number,
    readonly production: ManagedProducer | undefined,
    private readonly desk: ProducerRegistry,
  ) {}

  get id(): string {
    return this.reader.head.id;
  }

  get left(): number | undefined {
    return this.reader.left;
  }

  async *events(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    const moved = new AbortController();
    this.#attend(this.desk.local(this.id));
    const watch = new TakeOverWatch({
      clock: this.desk.clock,
      interval: this.desk.interval,
      look: () => this.#look(takeOver, signal),
      leave: () => moved.abort(new StreamElsewhereError(this.id)),
    });
    try {
      yield* this.reader.events(AbortSignal.any([signal, moved.signal]));
      moved.signal.throwIfAborted();
    } finally {
      watch.stop();
      this.#leave();
    }
  }

  async #look(takeOver: (production: Production) => void, signal: AbortSignal): Promise<Finding> {
    const local = this.desk.local(this.id);
    if (local) {
      this.#attend(local);
      return 'here';
    }
    const taken = await this.desk.takeOver(this.id);
    if (typeof taken === 'string') return taken;
    takeOver(taken);
    // A reader that left meanwhile has nobody to enter for; the grace has begun.
    if (!signal.aborted) this.#attend(taken);
    return 'here';
  }

  #attend(production: ManagedProducer | undefined): void {
    if (!production || production === this.#entered) return;
    this.#leave();
    this.#entered = production;
    this.#leave = production.enter();
  }
}

/** What the watch found: the stream is ours, somebody else's, over, or cannot go on here. */
export type Finding = 'here' | 'elsewhere' | 'over' | 'leaving';

export interface TakeOverWatchOptions {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly interval: number;
  /** Looks who produces the stream, and takes it over if nobody does. */
  look(): Promise<Finding>;
  /** The stream lapsed, and this replica may not take it over. */
  leave(): void;
}

/** Looks again and again, for as long as somebody reads a stream that another replica produces. */
export class TakeOverWatch {
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
    if (finding === 'leaving') this.options.leave();
    else this.#arm();
  }
}
