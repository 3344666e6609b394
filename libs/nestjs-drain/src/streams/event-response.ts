import type { ServerResponse } from 'node:http';
import { isEventStream } from '../compat/response.js';

type Write = (chunk: unknown) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/** An interceptor may subscribe to the events twice, and their end comes twice then. */
const ending = new WeakSet<ServerResponse>();

/** Whether last words stand where it ends. */
export function hasLastWords(response: ServerResponse): boolean {
  return ending.has(response);
}

/**
 * Ends the event stream past an interceptor that subscribes again whenever its events end, and so would never let the
 * response end. Nest sends the headers a turn after it has subscribed.
 */
export function endRepeated(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) response.end();
  else setImmediate(endRepeated, response);
}

/**
 * Adds last words where Nest ends the event stream of an `@Sse()` route, behind the application's interceptors: only
 * there does nothing change or swallow them. They leave with the end, in one system call: where thousands are told,
 * each one counts.
 * @param lastWords undefined where the response must not end cleanly
 */
export function beforeEnd(response: ServerResponse, lastWords: () => string | undefined): void {
  if (ending.has(response)) return;
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
}

/** An exception filter may have answered something else; and nothing is added where the client has left. */
function isOpen(response: ServerResponse): boolean {
  const { destroyed, writableEnded } = response;
  return !destroyed && !writableEnded && isEventStream(response);
}

function isChunk(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}
