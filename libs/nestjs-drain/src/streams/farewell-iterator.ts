import { asChunk, lastWords } from './farewell.js';
import type { HttpStream } from './http-stream.js';

/**
 * A byte stream that the drain can end between two chunks: the source is stopped, the farewell is
 * the last chunk. Without a farewell in bytes a finite stream must not end cleanly, so its
 * connection is destroyed instead.
 */
export class FarewellIterator implements AsyncIterableIterator<unknown> {
  readonly #source: AsyncIterator<unknown>;
  #remaining: unknown[] | undefined;
  #hurry: ((result: IteratorResult<unknown>) => void) | undefined;

  constructor(
    source: AsyncIterable<unknown>,
    private readonly stream: HttpStream,
  ) {
    this.#source = source[Symbol.asyncIterator]();
    stream.transport.cancelSubject.subscribe(() => this.#end());
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#remaining) return Promise.resolve(this.#takeRemaining());
    return new Promise((resolve, reject) => {
      this.#hurry = resolve;
      this.#source.next().then(resolve, reject);
    });
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    await this.#source.return?.();
    return { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#source.return?.().catch(() => undefined);
    const chunk = this.#lastChunk();
    if (chunk === undefined && this.stream.kind === 'finite') {
      this.stream.destroy();
      return;
    }
    this.#remaining = chunk === undefined ? [] : [chunk];
    this.#hurry?.(this.#takeRemaining());
  }

  #lastChunk(): Uint8Array | undefined {
    const { farewell } = this.stream.transport;
    if (farewell === 'handler' || this.stream.kind === 'subscription') return undefined;
    return asChunk(lastWords(farewell, this.stream));
  }

  #takeRemaining(): IteratorResult<unknown> {
    const value = this.#remaining?.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}
