import type { Readable } from 'node:stream';
import { isNodeStream, isWebStream } from '../compat/streamed-bodies.js';
import { quietly } from '../core/quietly.js';

/** What gives chunks when it is asked, and can be stopped while it has not answered. */
export interface ByteSource {
  readonly next: () => Promise<IteratorResult<unknown>>;
  /** Does not wait for a chunk that is under way, and never throws: a source that fails to stop is stopped all the same. */
  readonly stop: () => void;
}

/**
 * Nothing is read, and no generator starts, before the first `next()`. The iterators of a Readable and of a web stream
 * are not asked to stop: their `return()` waits behind a `next()` that a quiet source does not answer.
 */
export function byteSource(body: object): ByteSource {
  if (isWebStream(body)) return webSource(body);
  if (isNodeStream(body)) return nodeSource(body);
  return iterableSource(body as AsyncIterable<unknown>);
}

function webSource(body: ReadableStream<unknown>): ByteSource {
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  return {
    next: () => attempt(() => (reader ??= body.getReader()).read()),
    stop: () => quietly(() => (reader ?? body).cancel()),
  };
}

function nodeSource(body: Readable): ByteSource {
  // Its iterator listens only once it is read: without a listener, a failure before that ends the process. The
  // iterator still reports it.
  body.on('error', () => undefined);
  const source = iterableSource(body);
  const isDestroyable = typeof (body as Partial<Readable>).destroy === 'function';
  return {
    next: source.next,
    stop: isDestroyable ? () => quietly(() => body.destroy()) : source.stop,
  };
}

function iterableSource(body: AsyncIterable<unknown>): ByteSource {
  let iterator: AsyncIterator<unknown> | undefined;
  const opened = (): AsyncIterator<unknown> => (iterator ??= body[Symbol.asyncIterator]());
  return {
    next: () => attempt(() => opened().next()),
    stop: () => quietly(() => opened().return?.()),
  };
}

/** Iterators that are written by hand may answer without a promise, or throw. */
async function attempt<T>(ask: () => T | Promise<T>): Promise<T> {
  return ask();
}
