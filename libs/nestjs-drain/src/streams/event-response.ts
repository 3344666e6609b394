import type { ServerResponse } from 'node:http';
import { isEventStream } from '../compat/response.js';

type Write = (chunk: unknown) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/** Those whose last words stand where they end. */
const ending = new WeakSet<ServerResponse>();

/**
 * Adds last words where Nest ends the event stream of an `@Sse()` route, behind the application's interceptors: only
 * there does nothing change or swallow them. They leave with the end, in one system call: where thousands are told,
 * each one counts.
 * @param lastWords undefined where the response must not end cleanly
 * @returns whether the events are to end now. Not a second time, for an interceptor that has subscribed again because they
 * had ended and would do so for ever: then the response ends past it.
 */
export function beforeEnd(response: ServerResponse, lastWords: () => string | undefined): boolean {
  if (ending.has(response)) {
    endPast(response);
    return false;
  }
  ending.add(response);
  const own = response as unknown as { write: Write; end: End };
  const { end } = own;
  own.end = (...args) => {
    own.end = end;
    if (!isOpen(response)) return end.apply(response, args);
    if (isChunk(args[0])) own.write(args.shift());
    const words = lastWords();
    return words === undefined ? response : end.call(response, words);
  };
  return true;
}

/** Nest sends the headers a turn after it has subscribed. */
function endPast(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) response.end();
  else setImmediate(endPast, response);
}

/** An exception filter may have answered something else; and nothing is added where the client has left. */
function isOpen(response: ServerResponse): boolean {
  const { destroyed, writableEnded } = response;
  return !destroyed && !writableEnded && isEventStream(response);
}

function isChunk(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}
