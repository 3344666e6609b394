import { Buffer } from 'node:buffer';
import { grown } from './grown.js';
import { positive } from './options.js';

export interface BacklogOptions {
  /** The text that is logged for an event; undefined for an event that is not logged. What it throws ends the stream. */
  readonly encode: (event: unknown) => string | undefined;
  /** Events of an Observable that may wait for the store. Default 100 000. */
  readonly maxPendingEvents?: number | undefined;
  /** UTF-8 bytes of them. Default 8 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /**
   * Ends an Observable beyond the bounds that still emits in the turn in which it was subscribed: rxjs has not returned
   * its Subscription then, so `takeUntil` has to.
   */
  unsubscribe?(): void;
}

export const defaultPendingBytes = 8 * 1024 * 1024;

/** A handler emitted faster than the store logs, and an Observable cannot be asked to wait. */
export class BacklogError extends Error {
  override readonly name = 'BacklogError';

  constructor(bound: string) {
    super(
      `An Observable emitted more than ${bound} that the store had not logged yet: return an AsyncIterable, which is ` +
        'asked for one event at a time, or raise `maxPendingBytes`.',
    );
  }
}

/** What a source brought and the store has not taken yet: the observer of an Observable, or filled from a web stream. */
export class Backlog {
  #waiting: string[] = [];
  #bytes = 0;
  #end: { readonly error?: unknown } | undefined;
  #failed = false;
  #arrived: () => void = () => undefined;
  #taken: () => void = () => undefined;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  constructor(private readonly options: BacklogOptions) {
    this.#maxEvents = positive('maxPendingEvents', options.maxPendingEvents ?? 100_000);
    this.#maxBytes = positive('maxPendingBytes', options.maxPendingBytes ?? defaultPendingBytes);
  }

  next(event: unknown): void {
    if (this.#end) return;
    try {
      const payload = this.options.encode(event);
      if (payload === undefined) return;
      this.#waiting = grown(this.#waiting, payload);
      this.#bytes += Buffer.byteLength(payload);
    } catch (error) {
      this.error(error);
      return;
    }
    // One event is taken however large it is: the log has a bound of its own.
    const isTooMuch = this.#waiting.length > 1 && this.#bytes > this.#maxBytes;
    if (isTooMuch) this.error(new BacklogError(`${this.#maxBytes} bytes`));
    else if (this.#waiting.length > this.#maxEvents) {
      this.error(new BacklogError(`${this.#maxEvents} events`));
    } else this.#arrived();
  }

  error(error: unknown): void {
    if (this.#end) return;
    this.#failed = true;
    this.#end = { error };
    this.options.unsubscribe?.();
    this.#arrived();
    this.#taken();
  }

  complete(): void {
    this.#end ??= {};
    this.#arrived();
    this.#taken();
  }

  /** Nothing more is kept. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when less than this waits, or nothing more is kept. */
  async below({
    events,
    bytes,
  }: {
    readonly events: number;
    readonly bytes: number;
  }): Promise<void> {
    while (!this.#end && (this.#waiting.length >= events || this.#bytes >= bytes)) {
      await new Promise<void>((resolve) => (this.#taken = resolve));
    }
  }

  /** Everything that waits; undefined behind the last event. @throws what ended the source, behind what came before. */
  async take(): Promise<readonly string[] | undefined> {
    if (this.#waiting.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#taken();
    if (batch.length > 0) return batch;
    if (this.#failed) throw this.#end?.error;
    return undefined;
  }
}
