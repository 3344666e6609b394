import type { Clock } from './clock.js';
import { ProductionStoppedError, type StopReason } from './errors.js';
import type { KeptLease, LeaseKeeper } from './lease-keeper.js';
import type { Appended, AppendRefused, ResumeCursor, ResumeStore } from './store.js';
import { retry } from './patience.js';
import { PendingEvents } from './pending-events.js';
import { WakeUp } from './wake-up.js';

/** What a producer works with; `StreamProducers` provides it. */
export interface ProducerSurroundings {
  readonly store: ResumeStore;
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  /** Seconds for which a store that does not answer is asked again before production stops. */
  readonly patience: number;
  /** Bytes of events that may wait for the store before `write` refuses more. */
  readonly maxPendingBytes: number;
}

const batchSize = 256;

/**
 * Writes one stream's log: numbers events, appends those of a tick in one batch and the next batch when
 * the store has confirmed it, keeps the lease, and stops as soon as the stream has another owner.
 */
export class ResumableProducer {
  readonly #aborter = new AbortController();
  readonly #lease: KeptLease;
  readonly #wake = new WakeUp();
  readonly #pending = new PendingEvents();
  #logged: number;
  #flushing = false;
  #closing = false;
  /** Why `write` refuses; `close` may still do. */
  #refusal: ProductionStoppedError | undefined;
  /** Why nothing will be logged any more. */
  #end: ProductionStoppedError | undefined;

  constructor(
    readonly id: string,
    private readonly epoch: number,
    next: number,
    private readonly surroundings: ProducerSurroundings,
    /** Called once, when nothing will be logged any more. */
    private readonly onEnd: () => void = () => undefined,
  ) {
    this.#logged = next;
    this.#lease = surroundings.keeper.keep(id, epoch, {
      lost: (reason) => this.#stop(reason),
      cancelRequested: () => this.cancel(),
    });
  }

  /**
   * Aborts with a `ProductionStoppedError` when there is no point in producing further. After `cancelled`,
   * `tooLarge` and `backlog` the stream is still ours and waits for its `close`.
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
    if (this.#pending.bytes > this.surroundings.maxPendingBytes) this.#refuse('backlog');
    return this.#enqueue(payload, this.#refusal);
  }

  /** Logs the terminal event and closes the log behind it. Like `write` otherwise. */
  close(payload: string): Promise<number> {
    const again = this.#closing ? this.#stopped('closed') : undefined;
    this.#closing = true;
    this.#refusal = this.#stopped('closed');
    return this.#enqueue(payload, again);
  }

  /** Tells whoever produces that the stream is cancelled; writing stays possible until the `close`. */
  cancel(): void {
    if (!this.#closing) this.#aborter.abort(this.#stopped('cancelled'));
  }

  /** Hands the stream off: another replica can claim it at once, and this one logs nothing more. */
  async release(): Promise<void> {
    if (this.#end) return;
    this.#stop('released');
    await this.surroundings.store.release(this.id, this.epoch);
  }

  #enqueue(payload: string, refusal: ProductionStoppedError | undefined): Promise<number> {
    const error = this.#end ?? refusal;
    const logged = error ? Promise.reject(error) : this.#pending.add(payload);
    // Whoever awaits it sees the rejection; nobody has to, `signal` tells as well.
    logged.catch(() => undefined);
    this.#flushSoon();
    return logged;
  }

  #flushSoon(): void {
    if (this.#flushing || this.#pending.length === 0) return;
    this.#flushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.first(batchSize);
      const terminal = this.#closing && batch.length === this.#pending.length;
      const result = await this.#append(batch, terminal);
      if (result?.outcome === 'appended') this.#confirm(batch.length, terminal, result);
      else if (result) this.#appendRefused(result);
    }
    this.#flushing = false;
  }

  async #append(
    batch: readonly string[],
    terminal: boolean,
  ): Promise<Appended | AppendRefused | undefined> {
    const { store, clock, patience } = this.surroundings;
    const first = this.#logged;
    try {
      return await retry(() => store.append(this.id, this.epoch, first, batch, terminal), {
        clock,
        patience: patience * 1000,
        wake: this.#wake,
        isOver: () => this.#end !== undefined,
      });
    } catch (error) {
      this.#stop('unavailable', error);
      return undefined;
    }
  }

  #confirm(count: number, terminal: boolean, result: Appended): void {
    // Stopped meanwhile: the log has the events, but their promises are settled.
    if (this.#end) return;
    this.#pending.logged(count, this.#logged);
    this.#logged += count;
    this.#lease.extended();
    if (terminal) this.#finish(this.#stopped('closed'));
    else if (result.cancelRequested) this.cancel();
  }

  #appendRefused(refused: AppendRefused): void {
    if (refused.outcome !== 'tooLarge' || this.#closing) {
      this.#stop(refused.outcome);
      return;
    }
    this.#refuse('tooLarge');
    this.#pending.rejectAll(this.#stopped('tooLarge'));
  }

  #refuse(reason: StopReason): void {
    this.#refusal ??= this.#stopped(reason);
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

  #finish(end: ProductionStoppedError): void {
    this.#end = end;
    this.#lease.stop();
    this.onEnd();
  }

  #stopped(reason: StopReason, cause?: unknown): ProductionStoppedError {
    return new ProductionStoppedError(this.id, reason, cause);
  }
}
