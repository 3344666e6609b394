import { Buffer } from 'node:buffer';
import { grown } from './grown.js';

const batchSize = 256;
/** A batch ends with the event that passes it, so that one append does not hold the store up for long. */
const batchBytes = 1024 * 1024;

/** One call of `write` or `writeAll`. No literal, for the reason that `grown` gives. */
class PendingWrite {
  constructor(
    /** How many events were written up to its last one, in all. */
    readonly end: number,
    readonly resolve: (sequence: number) => void,
    readonly reject: (error: Error) => void,
  ) {}
}

/** The events of one stream that wait to be logged, in order. */
export class PendingEvents {
  #payloads: string[] = [];
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
    this.#bytes += bytesOf(payloads);
    for (const payload of payloads) this.#payloads = grown(this.#payloads, payload);
    if (this.length === 0) return Promise.resolve(logged - 1);
    return new Promise((resolve, reject) => {
      const write = new PendingWrite(this.#gone + this.length, resolve, reject);
      this.#writes = grown(this.#writes, write);
    });
  }

  /** The next batch. */
  first(): readonly string[] {
    if (this.length <= batchSize && this.#bytes <= batchBytes) return this.#payloads.slice();
    let [count, bytes] = [0, 0];
    while (count < Math.min(batchSize, this.length) && bytes <= batchBytes) {
      bytes += Buffer.byteLength(this.#payloads[count++] ?? '');
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
      this.#bytes = 0;
    } else this.#bytes -= bytesOf(this.#payloads.splice(0, count));
  }

  /** The writes all of whose events have left. */
  #settled(): PendingWrite[] {
    const writes = this.#writes;
    const open = writes.findIndex(({ end }) => end > this.#gone);
    if (open !== -1) return writes.splice(0, open);
    this.#writes = [];
    return writes;
  }
}

function bytesOf(payloads: readonly string[]): number {
  return payloads.reduce((sum, payload) => sum + Buffer.byteLength(payload), 0);
}
