import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import {
  breakOff,
  headerOf,
  isEventStream,
  isEventStreamType,
  isHeadSent,
} from '../compat/response.js';
import { isNodeStream, isWebStream } from '../compat/streamed-bodies.js';
import { byteSource, type ByteSource } from './byte-source.js';
import { EventPosition } from './event-position.js';
import { endOfEvents } from './event-stream.js';
import { lastChunk } from './farewell.js';
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
 * and the farewell is the next and last chunk, whenever the reader asks for it. In an event stream
 * it is an event (`retry:` for a subscription), behind the one that is under way. Without a farewell
 * in bytes another finite stream must not end cleanly, so its connection is destroyed instead.
 */
export class ByteStream implements AsyncIterableIterator<unknown> {
  readonly #source: ByteSource;
  /** The reader's call that the source has not answered yet. Readers ask one at a time. */
  #demand: Demand | undefined;
  /** The last chunks, once the drain has ended the stream. */
  #remaining: unknown[] | undefined;
  #failure: Error | undefined;
  readonly #position = new EventPosition();
  #isOver = false;

  /** @param type the body's own `Content-Type`, which the response may not have yet */
  constructor(
    body: object,
    private readonly stream: HttpStream,
    private readonly type?: string | null,
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
    const isDue = this.stream.transport.isFarewellDueIn(this);
    if (result.done && isDue) return this.#break();
    this.#demand = undefined;
    if (result.done) {
      this.#isOver = true;
      this.stream.transport.completeAnswer();
    } else this.#position.follow(result.value);
    demand.resolve(result);
    if (isDue && this.#position.isBetweenEvents) this.#end();
  }

  #fail(demand: Demand, error: unknown): void {
    if (this.#demand !== demand) return;
    this.#demand = undefined;
    this.#isOver = true;
    // Nest destroys it, which on HTTP/2 and HTTP/1.0 is a clean end (law 5).
    const { response } = this.stream.transport;
    if (isHeadSent(response)) breakOff(response);
    demand.reject(error);
  }

  #end(): void {
    if (this.#isOver) return;
    const { transport } = this.stream;
    transport.takeFarewell(this);
    const last = this.#lastChunks();
    if (last === 'due') return transport.postponeFarewell(this);
    if (!last) return this.#break();
    this.#stopSource();
    this.#remaining = last;
    this.#demand?.resolve(this.#takeRemaining());
    this.#demand = undefined;
  }

  /** No end would be clean. */
  #break(): void {
    this.#stopSource();
    this.#failure = new StreamAbortedError('deadline');
    this.stream.destroy(this.stream.endedFor === 'deadline');
    this.#demand?.reject(this.#failure);
    this.#demand = undefined;
  }

  #stopSource(): void {
    this.#isOver = true;
    this.#source.stop();
  }

  /** Undefined where no end would be clean, `due` where an event is under way. */
  #lastChunks(): unknown[] | 'due' | undefined {
    try {
      if (this.#isEventStream) return this.#lastEvents();
      if (this.stream.kind === 'subscription') return [];
      const { farewell, response } = this.stream.transport;
      const typeOf = () => this.type ?? headerOf(response, 'content-type');
      const chunk = lastChunk(farewell, this.stream, typeOf);
      return chunk && [chunk];
    } catch {
      return undefined;
    }
  }

  #lastEvents(): unknown[] | 'due' {
    const end = endOfEvents(this.stream, this.#position);
    if (!end) return 'due';
    return end.words === undefined ? [] : [Buffer.from(end.words)];
  }

  get #isEventStream(): boolean {
    return isEventStreamType(this.type) || isEventStream(this.stream.transport.response);
  }

  #takeRemaining(): Result {
    const value = this.#remaining?.shift();
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}

/** The same kind of body, so that an interceptor can go on working with it, but one that the drain can end. */
export function endable(body: object, stream: HttpStream, type?: string | null): object {
  const bytes = new ByteStream(body, stream, type);
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
