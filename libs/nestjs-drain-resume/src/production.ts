import type { Clock } from './clock.js';
import type { ConfirmedEvents } from './confirmed-events.js';
import type { ResumableProducer } from './producer.js';
import type { ResumeCursor } from './store.js';

/** Writes one stream's log: this replica produces it now. */
export interface Production {
  /** Events below `next` are logged and must not be produced again. */
  readonly cursor: ResumeCursor;
  /** Of every event that is written here, as in `StreamEvent`. */
  readonly epoch: number;
  /** Aborts when there is no point in producing further; the last event is still to be logged. */
  readonly signal: AbortSignal;
  /**
   * Too many producers in a row fell silent before they logged an event. To be ended with `fail`, not produced again:
   * the next one would most likely go the same way.
   */
  readonly isExhausted: boolean;
  /** Logs an event and resolves with its sequence. @throws ProductionStoppedError if it was not logged. */
  write(payload: string): Promise<number>;
  writeAll(payloads: readonly string[]): Promise<number>;
  /** Logs the terminal event. @throws ProductionStoppedError if it, or an event before it, was not logged. */
  close(payload: string): Promise<number>;
  /** Logs a terminal event that says what went wrong, also behind a refused write. At most 64 KiB. */
  fail(payload: string): Promise<number>;
  /** Gives the stream up to the replica that is asked for it next. */
  release(): Promise<void>;
}

/** What becomes of a stream without readers. */
export interface UnreadPolicy {
  /** Whether production goes on to the end. */
  readonly background: boolean;
  /** Otherwise: seconds until production pauses. The next reader makes it go on. */
  readonly grace: number;
}

export interface ManagedProducerOptions extends UnreadPolicy {
  readonly clock: Clock;
  readonly isExhausted: boolean;
  /** Of the log, as in `StreamHead`. */
  readonly incarnation: string;
  /** Whether an unread stream is to end soon: while this process shuts down no other replica can go on with it. */
  readonly endsUnread: () => boolean;
  readonly onError: (error: unknown) => void;
}

/** Seconds for which a reader may be away from a stream that no other replica can go on with, while this process shuts down. */
const leavingGrace = 2;

/**
 * What this replica produces of one stream, for any number of readers. Without readers it goes on
 * (`background`), or pauses after `grace`: the stream is released, and goes on with the next reader.
 * Where no next reader can make it go on, its signal aborts instead, so that it ends with its last event.
 */
export class ManagedProducer implements Production {
  #readers = 0;
  #isOver = false;
  #disarm: () => void = () => undefined;

  constructor(
    private readonly producer: ResumableProducer,
    private readonly options: ManagedProducerOptions,
  ) {
    void this.ended.then(() => {
      this.#isOver = true;
      this.#disarm();
    });
    this.#arm();
  }

  get id(): string {
    return this.producer.id;
  }

  get signal(): AbortSignal {
    return this.producer.signal;
  }

  get incarnation(): string {
    return this.options.incarnation;
  }

  get cursor(): ResumeCursor {
    return this.producer.cursor;
  }

  get epoch(): number {
    return this.producer.epoch;
  }

  get isExhausted(): boolean {
    return this.options.isExhausted;
  }

  /** Resolves when nothing will be logged any more. */
  get ended(): Promise<void> {
    return this.producer.ended;
  }

  get confirmed(): ConfirmedEvents {
    return this.producer.confirmed;
  }

  write(payload: string): Promise<number> {
    return this.producer.write(payload);
  }

  writeAll(payloads: readonly string[]): Promise<number> {
    return this.producer.writeAll(payloads);
  }

  close(payload: string): Promise<number> {
    return this.producer.close(payload);
  }

  fail(payload: string): Promise<number> {
    return this.producer.fail(payload);
  }

  cancel(): void {
    this.producer.cancel();
  }

  /** Production has to stop although no other replica can take it over: what is left is the last event. */
  interrupt(reason: Error): void {
    this.producer.interrupt(reason);
  }

  async release(): Promise<void> {
    try {
      await this.producer.release();
    } catch (error) {
      // It lapses.
      this.options.onError(error);
    }
  }

  /** A reader came. Returns what to call when it leaves. */
  enter(): () => void {
    this.#readers += 1;
    this.#disarm();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#readers -= 1;
      if (this.#readers === 0) this.#arm();
    };
  }

  /** Without readers its time begins anew, as it is now. */
  reviewGrace(): void {
    if (this.#readers === 0) this.#arm();
  }

  #arm(): void {
    const { background, grace, clock, endsUnread } = this.options;
    if (background || this.#isOver) return;
    this.#disarm();
    const [seconds, stop] = endsUnread()
      ? [Math.min(grace, leavingGrace), () => this.interrupt(new UnreadStreamError(this.id))]
      : [grace, () => void this.release()];
    this.#disarm = clock.schedule(seconds * 1000, stop);
  }
}

/** The reason of the signal of a stream that ends because no client reads it, while its process shuts down. */
export class UnreadStreamError extends Error {
  override readonly name = 'UnreadStreamError';

  constructor(id: string) {
    super(`Stream ${id} has no reader, and this process shuts down: no client can read the rest.`);
  }
}
