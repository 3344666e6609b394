import type { Clock } from './clock.js';
import { ConfirmedEvents } from './confirmed-events.js';
import { ProductionStoppedError, StoreUnavailableError, type StopReason } from './errors.js';
import type { KeptLease, LeaseKeeper } from './lease-keeper.js';
import type { Appended, AppendRefused, ResumeCursor, ResumeStore } from './store.js';
import { PendingEvents } from './pending-events.js';
import { retry, type RetryPolicy, WakeUp } from './waiting.js';

/** What a producer works with; `StreamProducers` provides it. */
export interface ProducerSurroundings {
  readonly store: ResumeStore;
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  /** Seconds for which a store that cannot be asked is asked again before production stops. */
  readonly storeTimeout: number;
  /** Bytes of events that may wait for the store before `write` refuses more. */
  readonly maxPendingBytes: number;
}

/**
 * Writes one stream's log: numbers events, appends those of a tick in one batch and the next batch when
 * the store has confirmed it, keeps the lease, and stops as soon as the stream has another owner.
 *
 * A write that is refused refuses everything behind it, the `close` too: a log says "the end" only if every event
 * before it was logged. What is left then is `fail`.
 */
export class ResumableProducer {
  /** Resolves when nothing will be logged any more. */
  readonly ended: Promise<void>;
  /** For readers in this process. */
  readonly confirmed: ConfirmedEvents;
  readonly #aborter = new AbortController();
  readonly #lease: KeptLease;
  readonly #wake = new WakeUp();
  readonly #untilTimeout: RetryPolicy;
  readonly #pending = new PendingEvents();
  #resolveEnded!: () => void;
  #logged: number;
  #flushing = false;
  /** What the last pending event is. */
  #closing: 'success' | 'failure' | undefined;
  /** Why `write` and `close` refuse; `fail` may still do. */
  #refusal: ProductionStoppedError | undefined;
  /** Why nothing will be logged any more. Most streams are closed, and no write behind that makes an error of it. */
  #end: ProductionStoppedError | 'closed' | undefined;

  constructor(
    readonly id: string,
    readonly epoch: number,
    next: number,
    private readonly surroundings: ProducerSurroundings,
  ) {
    this.#logged = next;
    this.confirmed = new ConfirmedEvents(epoch, next);
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#untilTimeout = {
      clock: surroundings.clock,
      timeout: surroundings.storeTimeout * 1000,
      wake: this.#wake,
      isOver: () => this.#end !== undefined,
    };
    this.#lease = surroundings.keeper.keep(id, epoch, {
      lost: (reason) => this.#stop(reason),
      cancelRequested: () => this.cancel(),
    });
  }

  /**
   * Aborts with a `ProductionStoppedError`, or the reason of `interrupt`, when there is no point in producing further.
   * After `cancelled` the stream waits for its last event; after `tooLarge`, `backlog` and `rejected` it waits for its
   * `fail`.
   */
  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Where production stands: the next event written gets the sequence `next`. */
  get cursor(): ResumeCursor {
    return { id: this.id, next: this.#logged + this.#pending.length };
  }

  /**
   * Logs an event and resolves with its sequence. Send it to the reader only then: what was sent without
   * being logged is lost to a take-over. The promises of several writes resolve in their order.
   * @throws ProductionStoppedError if it was not logged.
   */
  write(payload: string): Promise<number> {
    return this.writeAll([payload]);
  }

  /**
   * Logs several events, in order; resolves with the sequence of the last one, also of those that wait already. Otherwise
   * as `write`.
   */
  writeAll(payloads: readonly string[]): Promise<number> {
    if (this.#pending.bytes > this.surroundings.maxPendingBytes) this.#refuse('backlog');
    const refusal = this.#closing ? this.#stopped('closed') : this.#refusal;
    return this.#enqueue(payloads, refusal);
  }

  /**
   * Logs the terminal event behind everything that was written, and closes the log.
   * @throws ProductionStoppedError if it was not logged, or an event before it was not.
   */
  close(payload: string): Promise<number> {
    return this.#terminate('success', payload, this.#refusal);
  }

  /** Logs a terminal event that says what went wrong, also behind a write that was refused. At most 64 KiB. */
  fail(payload: string): Promise<number> {
    return this.#terminate('failure', payload, undefined);
  }

  /** Tells the producing work that the stream is cancelled; writing stays possible until the last event. */
  cancel(): void {
    this.interrupt(this.#stopped('cancelled'));
  }

  /** As `cancel`, for a reason of the caller's, with which `signal` aborts. */
  interrupt(reason: Error): void {
    if (!this.#closing) this.#aborter.abort(reason);
  }

  /** Hands the stream off: another replica can claim it at once, and this one logs nothing more. */
  async release(): Promise<void> {
    if (this.#end) return;
    this.#stop('released');
    try {
      await this.surroundings.store.release(this.id, this.epoch);
    } finally {
      this.#resolveEnded();
    }
  }

  #terminate(
    kind: 'success' | 'failure',
    payload: string,
    refusal: ProductionStoppedError | undefined,
  ): Promise<number> {
    const error = this.#closing ? this.#stopped('closed') : refusal;
    if (!error) this.#closing = kind;
    return this.#enqueue([payload], error);
  }

  #enqueue(
    payloads: readonly string[],
    refusal: ProductionStoppedError | undefined,
  ): Promise<number> {
    const end = this.#end === 'closed' ? this.#stopped('closed') : this.#end;
    const error = end ?? refusal;
    const logged = error ? Promise.reject(error) : this.#pending.add(payloads, this.#logged);
    // A caller that awaits it sees the rejection; `signal` tells the others.
    logged.then(undefined, ignore);
    this.#flushSoon();
    return logged;
  }

  #flushSoon(): void {
    if (this.#flushing || this.#pending.length === 0) return;
    this.#flushing = true;
    // Others may write in this turn as well, and a store that answers at once must leave the loop its turns.
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.first();
      const terminal = this.#closing !== undefined && batch.length === this.#pending.length;
      try {
        const result = await this.#append(batch, terminal);
        if (result?.outcome === 'appended') this.#confirm(batch, terminal, result);
        else if (result) this.#appendRefused(result, batch, terminal);
        else if (!this.#end) throw new TypeError('The store answered an append with nothing.');
      } catch (error) {
        if (error instanceof StoreUnavailableError) this.#stop('unavailable', error);
        else this.#reject('rejected', batch, terminal, error);
      }
    }
    this.#flushing = false;
  }

  #append(batch: readonly string[], terminal: boolean) {
    const first = this.#logged;
    const { store } = this.surroundings;
    return retry(
      () => store.append(this.id, this.epoch, first, batch, terminal),
      this.#untilTimeout,
    );
  }

  #confirm(batch: readonly string[], terminal: boolean, result: Appended): void {
    // Stopped meanwhile: the log has the events, but their promises are settled.
    if (this.#end) return;
    this.#pending.logged(batch.length, this.#logged);
    this.#logged += batch.length;
    this.confirmed.confirm(batch, terminal);
    this.#lease.extended();
    if (terminal) this.#finish('closed');
    else if (result.cancelRequested) this.cancel();
  }

  #appendRefused(
    refused: Exclude<AppendRefused, Appended>,
    batch: readonly string[],
    terminal: boolean,
  ): void {
    if (refused.outcome === 'tooLarge') this.#reject('tooLarge', batch, terminal);
    else this.#stop(refused.outcome);
  }

  /** The store takes none of the batch and never will. A failure behind it is still logged, alone. */
  #reject(
    reason: 'tooLarge' | 'rejected',
    batch: readonly string[],
    terminal: boolean,
    cause?: unknown,
  ): void {
    if (this.#end) return;
    const isLoneFailure = terminal && this.#closing === 'failure' && batch.length === 1;
    if (isLoneFailure) {
      this.#stop(reason, cause);
      return;
    }
    this.#refuse(reason, cause);
    this.#pending.rejectAll(this.#refusal ?? this.#stopped(reason, cause), {
      keepLast: this.#closing === 'failure',
    });
    if (this.#closing === 'success') this.#closing = undefined;
  }

  #refuse(reason: StopReason, cause?: unknown): void {
    this.#refusal ??= this.#stopped(reason, cause);
    this.#aborter.abort(this.#refusal);
  }

  #stop(reason: StopReason, cause?: unknown): void {
    if (this.#end) return;
    const error = this.#stopped(reason, cause);
    this.#finish(error);
    this.#pending.rejectAll(error);
    this.#aborter.abort(error);
    this.#wake.fire();
  }

  #finish(end: ProductionStoppedError | 'closed'): void {
    this.#end = end;
    this.#lease.stop();
    this.confirmed.end();
    if (end === 'closed' || end.reason !== 'released') this.#resolveEnded();
  }

  #stopped(reason: StopReason, cause?: unknown): ProductionStoppedError {
    return new ProductionStoppedError(this.id, reason, cause);
  }
}

function ignore(): void {
  // Its caller may have no use for it.
}
