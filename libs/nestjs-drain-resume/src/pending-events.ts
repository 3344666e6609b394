const batchSize = 256;
/** A batch ends with the event that passes it, so that one append does not hold the store up for long. */
const batchBytes = 1024 * 1024;

/** One call of `write` or `writeAll`. */
interface PendingWrite {
  /** How many events were written up to its last one, in all. */
  readonly end: number;
  readonly resolve: (sequence: number) => void;
  readonly reject: (error: Error) => void;
}

/** The events of one stream that wait to be logged, in order. */
export class PendingEvents {
  #payloads: string[] = [];
  #sizes: number[] = [];
  #writes: PendingWrite[] = [];
  #bytes = 0;
  /** Events that have left, in all. */
  #gone = 0;

  get length(): number {
    return this.#payloads.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Resolves with the sequence of the last one once all are logged. Without any it is that of the last one before.
   * @param logged how many events the log has
   */
  add(payloads: readonly string[], logged: number): Promise<number> {
    for (const payload of payloads) {
      const size = Buffer.byteLength(payload);
      this.#bytes += size;
      this.#payloads.push(payload);
      this.#sizes.push(size);
    }
    if (this.length === 0) return Promise.resolve(logged - 1);
    return new Promise((resolve, reject) => {
      this.#writes.push({ end: this.#gone + this.length, resolve, reject });
    });
  }

  /** The next batch. */
  first(): readonly string[] {
    if (this.length <= batchSize && this.#bytes <= batchBytes) return [...this.#payloads];
    let [count, bytes] = [0, 0];
    while (count < Math.min(batchSize, this.length) && bytes <= batchBytes) {
      bytes += this.#sizes[count++] ?? 0;
    }
    return this.#payloads.slice(0, count);
  }

  /** The first `count` events are logged, from sequence `first` on. */
  logged(count: number, first: number): void {
    const before = this.#gone;
    this.#drop(count);
    for (const { end, resolve } of this.#settled()) resolve(first + end - before - 1);
  }

  /** @param keepLast whether the last event still waits */
  rejectAll(error: Error, { keepLast = false } = {}): void {
    this.#drop(this.length - (keepLast ? 1 : 0));
    for (const { reject } of this.#settled()) reject(error);
  }

  #drop(count: number): void {
    this.#gone += count;
    if (count === this.length) {
      this.#payloads = [];
      this.#sizes = [];
      this.#bytes = 0;
      return;
    }
    this.#payloads.splice(0, count);
    for (const size of this.#sizes.splice(0, count)) this.#bytes -= size;
  }

  /** The writes all of whose events have left. */
  #settled(): PendingWrite[] {
    const open = this.#writes.findIndex(({ end }) => end > this.#gone);
    return this.#writes.splice(0, open === -1 ? this.#writes.length : open);
  }
}
