import { Backlog, type BacklogOptions } from './backlog.js';
import type { Production } from './production.js';

/** An Observable, of rxjs or of another library. */
export interface Subscribable {
  subscribe(observer: {
    next(event: unknown): void;
    error(error: unknown): void;
    complete(): void;
  }): { unsubscribe(): void };
}

/** What a handler may return: pulled one by one, or an Observable, which pushes. */
export type EventSource =
  AsyncIterable<unknown> | Iterable<unknown> | ReadableStream<unknown> | Subscribable;

export interface PayloadOptions extends BacklogOptions {
  /** Ends the source when it aborts. */
  readonly signal: AbortSignal;
}

/** Batches of what is to be logged. */
export type Payloads = AsyncIterableIterator<readonly string[], void>;

/** A web stream is not read further while so many of its events, or bytes of them, wait for the store. */
const readAhead = { events: 256, bytes: 65_536 };

/**
 * What is to be logged of a handler's events, in batches. An iterable is asked for its next event when the last one
 * was taken. A web stream has a queue of its own, and is read a little further meanwhile. An Observable cannot wait: what it
 * emits meanwhile is kept, up to the bounds.
 * @throws what the source or `encode` throws; a `BacklogError` beyond the bounds; the reason of `signal`.
 */
export function payloadsFrom(source: EventSource, options: PayloadOptions): Payloads {
  if ('getReader' in source) return read(source, options);
  if (Symbol.asyncIterator in source) return pull(eventsOf(source), options);
  if (Symbol.iterator in source) return pull(source[Symbol.iterator](), options);
  return push(source, options);
}

/** Whether `payloadsFrom` can read it. */
export function isEventSource(value: unknown): value is EventSource {
  if (typeof value !== 'object' || value === null) return false;
  return ['subscribe', 'getReader', Symbol.asyncIterator, Symbol.iterator].some(
    (method) => typeof (value as Record<string | symbol, unknown>)[method] === 'function',
  );
}

/** What ends a log: its last payload, by how the source ended. */
export interface LastPayloads {
  readonly end: string;
  /** Must not throw. At most 64 KiB. */
  readonly failure: (error: unknown) => string;
}

/**
 * Logs everything that `batches` brings, one batch after the other, and then `end`; or, if anything of it was not
 * logged, a failure. Never rejects: what went wrong is in the log, or the stream belongs to another replica now.
 */
export async function logAll(
  production: Pick<Production, 'writeAll' | 'close' | 'fail'>,
  batches: AsyncIterable<readonly string[]>,
  { end, failure }: LastPayloads,
): Promise<void> {
  try {
    for await (const batch of batches) await production.writeAll(batch);
    await production.close(end);
  } catch (error) {
    // Refused, and rightly, if the stream has another owner.
    await production.fail(failure(error)).catch(() => undefined);
  }
}

async function* pull(
  events: AsyncIterator<unknown> | Iterator<unknown>,
  { encode, signal }: PayloadOptions,
): AsyncGenerator<readonly string[], void, undefined> {
  let interrupt: (reason: unknown) => void = () => undefined;
  const abort = () => interrupt(signal.reason);
  signal.addEventListener('abort', abort);
  // Not `Promise.race` with one promise for all: that would keep every event until the end.
  const next = () =>
    new Promise<IteratorResult<unknown>>((resolve, reject) => {
      interrupt = reject;
      if (signal.aborted) abort();
      else Promise.resolve(events.next()).then(resolve, reject);
    });
  let isOver = false;
  try {
    for (;;) {
      const event = await next();
      isOver = event.done === true;
      if (isOver) return;
      const payload = encode(event.value);
      if (payload !== undefined) yield [payload];
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a source that stands still would hold up the end of the stream.
    if (!isOver) void closeQuietly(events);
  }
}

async function closeQuietly(events: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  try {
    await events.return?.();
  } catch {
    // Its stream has an error already, or no reader.
  }
}

function push(source: Subscribable, options: PayloadOptions): Payloads {
  return new Batches(options, (backlog) => {
    const subscription = source.subscribe(backlog);
    return () => subscription.unsubscribe();
  });
}

function read(stream: ReadableStream<unknown>, options: PayloadOptions): Payloads {
  // It can wait, so the bounds of an Observable are none of its own, however large a chunk is.
  const endless = Number.MAX_SAFE_INTEGER;
  const bounds = { maxPendingEvents: endless, maxPendingBytes: endless };
  return new Batches({ ...options, ...bounds }, (backlog) => {
    const reader = stream.getReader();
    void readInto(backlog, reader);
    return () => {
      backlog.complete();
      // Not awaited: a source that stands still would hold up the end of the stream. It may have an error already.
      reader.cancel().catch(() => undefined);
    };
  });
}

/**
 * What a backlog gathers, until its end. No generator: each of its steps would cost several promises, and there is one
 * for nearly every event.
 */
class Batches implements Payloads {
  readonly #backlog: Backlog;
  #stop: (() => void) | undefined;
  #isOver = false;

  /** @param fill begins to fill the backlog, and returns how to stop */
  constructor(
    private readonly options: PayloadOptions,
    private readonly fill: (backlog: Backlog) => () => void,
  ) {
    this.#backlog = new Backlog(options);
  }

  async next(): Promise<IteratorResult<readonly string[], void>> {
    try {
      if (!this.#stop && !this.#isOver) this.#begin();
      const value = this.#isOver ? undefined : await this.#backlog.take();
      if (value) return { done: false, value };
    } catch (error) {
      this.#finish();
      throw error;
    }
    return this.return();
  }

  return(): Promise<IteratorResult<readonly string[], void>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): void {
    const { signal } = this.options;
    if (signal.aborted) this.#abort();
    else signal.addEventListener('abort', this.#abort);
    this.#stop = this.fill(this.#backlog);
  }

  readonly #abort = (): void => this.#backlog.error(this.options.signal.reason);

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.options.signal.removeEventListener('abort', this.#abort);
    this.#stop?.();
    this.#backlog.complete();
  }
}

async function readInto(
  backlog: Backlog,
  reader: ReadableStreamDefaultReader<unknown>,
): Promise<void> {
  try {
    while (!backlog.isOver) {
      const chunk = await reader.read();
      if (chunk.done) return backlog.complete();
      backlog.next(chunk.value);
      await backlog.below(readAhead);
    }
  } catch (error) {
    backlog.error(error);
  }
}

/** The `return()` of a Readable's iterator waits behind a `next()` that a quiet source does not answer: it is destroyed itself. */
function eventsOf(source: AsyncIterable<unknown>): AsyncIterator<unknown> {
  const iterator = source[Symbol.asyncIterator]();
  if (!isReadable(source)) return iterator;
  // Its iterator listens only once it is asked, and a failure without a listener ends the process.
  source.on('error', () => undefined);
  return {
    next: () => iterator.next(),
    return: async () => ({ done: true, value: await source.destroy() }),
  };
}

interface ReadableLike {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

function isReadable(source: object): source is ReadableLike {
  const { on, destroy } = source as Partial<ReadableLike>;
  return typeof on === 'function' && typeof destroy === 'function';
}
