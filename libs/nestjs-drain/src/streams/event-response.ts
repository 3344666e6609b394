import type { ServerResponse } from 'node:http';
import { lookAt } from '../compat/look.js';
import { isEnded, isEventStream } from '../compat/response.js';
import { EventPosition } from './event-position.js';

type Write = (chunk: unknown, ...others: unknown[]) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/** What ends an event stream. */
interface Ending {
  readonly response: ServerResponse;
  /** Whether last words stand where the response ends. */
  isEnding: boolean;
}

/**
 * @param position where the response ends
 * @returns undefined where it must not end cleanly
 */
type LastWords = (position: EventPosition) => string | undefined;

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

/** Once. Both stay in their place afterwards, because each change of a response of Express is dear. */
function addToEnd(response: ServerResponse, lastWords: LastWords): void {
  const own = response as unknown as { write: Write; end: End };
  const position = followWrites(own);
  const end = lookAt(own, 'end');
  let isDone = false;
  own.end = (...args) => {
    if (isDone || !isOpen(response)) return end.apply(response, args);
    writeLast(own, args);
    isDone = true;
    const words = lastWords(position);
    const callback = args.find((one) => typeof one === 'function') as (() => void) | undefined;
    if (words !== undefined) return end.call(response, words, callback);
    if (callback) process.nextTick(callback);
    return response;
  };
}

/** What an interceptor writes past Nest while the events end. Before, Nest has written whole events. */
function followWrites(own: { write: Write }): EventPosition {
  const position = new EventPosition();
  const write = lookAt(own, 'write');
  own.write = (chunk, ...others) => {
    position.follow(chunk, others[0]);
    return write.call(own, chunk, ...others);
  };
  return position;
}

/** What `end` was called with, in front of the last words. */
function writeLast(own: { write: Write }, [chunk, encoding]: unknown[]): void {
  if (chunk === undefined || chunk === null || typeof chunk === 'function') return;
  if (typeof encoding === 'string') own.write(chunk, encoding);
  else own.write(chunk);
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
