import type { Clock } from './clock.js';
import type { Production, UnreadPolicy } from './resumption.js';
import { ProductionStoppedError, type StopReason } from './errors.js';
import type { ResumableProducer } from './resumable-producer.js';
import type { ResumeCursor } from './store.js';

/** After these the stream is still ours and waits for its `close`. */
const unfinished = new Set<StopReason>(['cancelled', 'tooLarge', 'backlog']);

export interface ManagedProducerOptions extends UnreadPolicy {
  readonly clock: Clock;
  /** Aborts when production has to stop although nobody can take it over. */
  readonly deadline: AbortSignal | undefined;
  readonly onError: (error: unknown) => void;
}

/**
 * What this replica produces of one stream, for any number of readers. Without readers it goes on
 * (`background`), or pauses after `grace`: the stream is released, and goes on with whoever asks for it next.
 */
export class ManagedProducer implements Production {
  readonly signal: AbortSignal;
  /** Resolves when nothing will be logged any more. */
  readonly ended: Promise<void>;
  #end!: () => void;
  #readers = 0;
  #disarm: () => void = () => undefined;

  constructor(
    private readonly producer: ResumableProducer,
    private readonly options: ManagedProducerOptions,
  ) {
    const { deadline } = options;
    this.signal = deadline ? AbortSignal.any([producer.signal, deadline]) : producer.signal;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    void this.ended.then(() => this.#disarm());
    this.signal.addEventListener('abort', () => this.#aborted(), { once: true });
    this.#arm();
  }

  get id(): string {
    return this.producer.id;
  }

  get cursor(): ResumeCursor {
    return this.producer.cursor;
  }

  write(payload: string): Promise<number> {
    return this.producer.write(payload);
  }

  close(payload: string): Promise<number> {
    const closed = this.producer.close(payload);
    closed.then(this.#end, this.#end);
    return closed;
  }

  cancel(): void {
    this.producer.cancel();
  }

  /** Gives the stream up to whoever asks for it next. */
  async release(): Promise<void> {
    try {
      await this.producer.release();
    } catch (error) {
      // It lapses.
      this.options.onError(error);
    } finally {
      this.#end();
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

  #arm(): void {
    const { background, grace, clock } = this.options;
    if (background) return;
    this.#disarm();
    this.#disarm = clock.schedule(grace * 1000, () => void this.release());
  }

  #aborted(): void {
    const reason: unknown = this.signal.reason;
    if (reason instanceof ProductionStoppedError && !unfinished.has(reason.reason)) this.#end();
  }
}
