import type { ServerResponse } from 'node:http';
import { lookAt } from '../compat/look.js';
import { isEnded, isEventStream } from '../compat/response.js';
import { EventPosition } from './event-position.js';

type Write = (chunk: unknown, encoding?: BufferEncoding) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/** What ends an event stream. */
interface Ending {
  readonly response: ServerResponse;
  /** Whether last words stand where the response ends. */
  isEnding: boolean;
}

/**
 * @param position where the application ended the response with a chunk of its own; undefined behind a whole event, as
 * Nest writes them
 * @returns undefined where the response must not end cleanly
 */
type LastWords = (position?: EventPosition) => string | undefined;

/**
 * Adds last words where Nest ends the event stream of an `@Sse()` route, behind the application's interceptors: only
 * there does nothing change or swallow them. They leave with the end, in one system call: where thousands are told,
 * each one counts.
 * @returns whether the events are to end now. Not a second time, for an interceptor that has subscribed again because they
 * had ended and would do so for ever: then the response ends past it.
 */
export function beforeEnd(ending: Ending, lastWords: LastWords): boolean {
  if (ending.isEnding) {
    endPast(ending.response);
    return false;
  }
  ending.isEnding = true;
  addToEnd(ending.response, lastWords);
  return true;
}

/** Once. It stays in its place afterwards, because each change of a response of Express is dear. */
function addToEnd(response: ServerResponse, lastWords: LastWords): void {
  const own = response as unknown as { write: Write; end: End };
  const end = lookAt(own, 'end');
  let isDone = false;
  own.end = (...args) => {
    if (isDone || !isOpen(response)) return end.apply(response, args);
    isDone = true;
    const words = lastWords(writeLast(own, args));
    if (words === undefined) return response;
    const callback = args.find((one) => typeof one === 'function');
    return end.call(response, words, callback);
  };
}

/** What `end` was called with, written in front of the last words. */
function writeLast(own: { write: Write }, [chunk, second]: unknown[]): EventPosition | undefined {
  if (!isChunk(chunk)) return undefined;
  const encoding = typeof second === 'string' ? (second as BufferEncoding) : undefined;
  own.write(chunk, encoding);
  const position = new EventPosition();
  position.follow(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
  return position;
}

/** Nest sends the headers a turn after it has subscribed. */
function endPast(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) response.end();
  else setImmediate(endPast, response);
}

/** An exception filter may have answered something else; and nothing is added where the client has left. */
function isOpen(response: ServerResponse): boolean {
  return !lookAt(response, 'destroyed') && !isEnded(response) && isEventStream(response);
}

function isChunk(value: unknown): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}
