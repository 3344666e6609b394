import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { isNodeStream, isWebStream } from '../compat/streamed-bodies.js';
import { byteSource, type ByteSource } from './byte-source.js';
import { asChunk, lastWords } from './farewell.js';
import type { HttpStream } from './http-stream.js';
import { StreamAbortedError } from '../core/stream.js';

type Result = IteratorResult<unknown>;

interface Demand {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The one hand-over between a source of bytes and its reader: `StreamableFile`, web `Response` and
 * async generators pass through it. The drain can end it between two chunks: the source is stopped,
 * and the farewell is the next and last chunk, whenever the reader asks for it. Without a farewell
 * in bytes a finite stream must not end cleanly, so its connection is destroyed instead.
 */
export class ByteStream implements AsyncIterableIterator<unknown> {
  readonly #source: ByteSource;
  /** The reader's call that the source has not answered yet. Readers ask one at a time. */
  #demand: Demand | undefined;
  /** The last chunks, once the drain has ended the stream. */
  #remaining: unknown[] | undefined;
  #failure: Error | undefined;
  #isOver = false;

  constructor(
    body: object,
    private readonly stream: HttpStream,
  ) {
    this.#source = byteSource(body);
    if (stream.transport.cancelSubject.isCancelled) this.#end();
    else stream.transport.cancelSubject.subscribe(() => this.#end());
  }

  next(): Promise<Result> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#remaining) return Promise.resolve(this.#takeRemaining());
    return new Promise((resolve, reject) => {
      const demand = (this.#demand = { resolve, reject });
      this.#source.next().then(
        (result) => this.#supply(demand, result),
        (error: unknown) => this.#fail(demand, error),
      );
    });
  }

  /** The reader wants no more. A source that does not stop, or fails to, is not the reader's concern. */
  return(value?: unknown): Promise<Result> {
    this.#stopSource();
    this.#demand?.resolve({ done: true, value: undefined });
    this.#demand = undefined;
    return Promise.resolve({ done: true, value });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #supply(demand: Demand, result: Result): void {
    // The drain has answered this call already, and what comes now is behind the end.
    if (this.#demand !== demand) return;
    this.#demand = undefined;
    if (result.done) {
      this.#isOver = true;
      this.stream.transport.completeAnswer();
    }
    demand.resolve(result);
  }

  #fail(demand: Demand, error: unknown): void {
    if (this.#demand !== demand) return;
    this.#demand = undefined;
    this.#isOver = true;
    demand.reject(error);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#stopSource();
    this.#remaining = this.#lastChunks();
    const demand = this.#demand;
    this.#demand = undefined;
    if (this.#remaining) {
      demand?.resolve(this.#takeRemaining());
      return;
    }
    this.#failure = new StreamAbortedError('deadline');
    this.stream.destroy();
    demand?.reject(this.#failure);
  }

  #stopSource(): void {
    this.#isOver = true;
    this.#source.stop();
  }

  /** Undefined where no end would be clean. */
  #lastChunks(): unknown[] | undefined {
    if (this.stream.kind === 'subscription') return [];
    const { farewell } = this.stream.transport;
    if (farewell === 'handler') return undefined;
    try {
      const chunk = asChunk(lastWords(farewell, this.stream));
      return chunk && [chunk];
    } catch {
      return undefined;
    }
  }

  #takeRemaining(): Result {
    const value = this.#remaining?.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}

/** The same kind of body, so that an interceptor can go on working with it, but one that the drain can end. */
export function endable(body: object, stream: HttpStream): object {
  const bytes = new ByteStream(body, stream);
  if (isWebStream(body)) return ReadableStream.from(bytes);
  return isNodeStream(body) ? readableLike(body, bytes) : bytes;
}

function readableLike(body: Readable, bytes: ByteStream): Readable {
  const readable = Readable.from(bytes, {
    objectMode: body.readableObjectMode,
    ...(body.readableEncoding ? { encoding: body.readableEncoding } : {}),
  });
  // Nest asks a stream that it has not read yet whether it has failed.
  readable.on('error', () => undefined);
  body.once('error', (error) => {
    if (!readable.readableDidRead) readable.destroy(error);
  });
  return readable;
}
