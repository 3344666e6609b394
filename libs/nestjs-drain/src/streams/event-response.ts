import type { ServerResponse } from 'node:http';
import { lookAt } from '../compat/look.js';
import { isEnded, isEventStream } from '../compat/response.js';

type Write = (chunk: unknown, encoding?: string) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/** What ends an event stream. */
interface Ending {
  readonly response: ServerResponse;
  /** Whether last words stand where the response ends. */
  isEnding: boolean;
}

/**
 * Adds last words where Nest ends the event stream of an `@Sse()` route, behind the application's interceptors: only
 * there does nothing change or swallow them. They leave with the end, in one system call: where thousands are told,
 * each one counts.
 * @param lastWords undefined where the response must not end cleanly
 * @returns whether the events are to end now. Not a second time, for an interceptor that has subscribed again because they
 * had ended and would do so for ever: then the response ends past it.
 */
export function beforeEnd(ending: Ending, lastWords: () => string | undefined): boolean {
  if (ending.isEnding) {
    endPast(ending.response);
    return false;
  }
  ending.isEnding = true;
  addToEnd(ending.response, lastWords);
  return true;
}

/** Once. It stays in its place afterwards, because each change of a response of Express is dear. */
function addToEnd(response: ServerResponse, lastWords: () => string | undefined): void {
  const own = response as unknown as { write: Write; end: End };
  const end = lookAt(own, 'end');
  let isDone = false;
  own.end = (...args) => {
    if (isDone || !isOpen(response)) return end.apply(response, args);
    isDone = true;
    const [chunk, encoding] = args;
    if (isChunk(chunk)) own.write(chunk, typeof encoding === 'string' ? encoding : undefined);
    const words = lastWords();
    if (words === undefined) return response;
    const callback = args.find((one) => typeof one === 'function');
    return end.call(response, words, callback);
  };
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

function isChunk(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}
