import type { MessageEvent } from '@nestjs/common';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { format } from '../core/duration.js';
import type { StreamInfo } from '../core/stream.js';
import { isThenable } from '../core/thenable.js';

/** A last event (for `@Sse()` routes) or a last chunk (for byte streams). */
export type LastWords = MessageEvent | (string & Record<never, never>) | Uint8Array;

/**
 * What a finite stream sends when it is cancelled at the deadline, before its clean end.
 *
 * - an event, a chunk, or a function of the stream that returns one at once, not as a promise. An event goes to event
 *   streams alone, a chunk to any. In an event stream a text is an event without a type (`data: …`), which a client takes
 *   for one more part of the answer: set `{ type, data }` there;
 * - `'handler'`: the handler watches its `@DrainSignal()`, sends its own last event and ends. What
 *   has not ended by itself within `flushTimeout` is cut.
 */
export type Farewell = 'handler' | LastWords | ((stream: StreamInfo) => LastWords);

/** The farewell of `@Sse()` routes that declare none. */
export const defaultFarewell: MessageEvent = {
  type: 'shutdown',
  data: {
    reason: 'shutting_down',
    message: 'This answer is incomplete: the server had to end it before it was finished.',
  },
};

const logger = new DrainLog('DrainableStream');
/** The routes of which the log has said that their farewell has a fault. */
const complained = new Set<string>();

/**
 * The farewell of an event stream.
 * @throws TypeError where the farewell is at fault, which the log says once for each route. No end of the stream is
 * clean then: the default farewell in its place might say what the route's own was to hide, or in another format.
 */
export function lastEvent(farewell: Farewell, stream: StreamInfo): MessageEvent {
  const words = wordsOf(farewell, stream);
  if (typeof words === 'string') return { data: words };
  if (words instanceof Uint8Array) return { data: new TextDecoder().decode(words) };
  return words;
}

/**
 * The farewell of any other answer.
 * @param typeOf asked for the answer's `Content-Type`, for the log
 * @returns undefined where the route has none: the default one is an event, which would be noise in bytes
 * @throws TypeError as `lastEvent`, and where the route declares an event
 */
export function lastChunk(
  farewell: Farewell,
  stream: StreamInfo,
  typeOf: () => string | null | undefined,
): Uint8Array | undefined {
  if (farewell === defaultFarewell) return undefined;
  const words = wordsOf(farewell, stream);
  if (words instanceof Uint8Array) return words;
  if (typeof words === 'string') return Buffer.from(words);
  throw fault(
    stream,
    'it is an event, of the route or of the module, which only an answer of text/event-stream can carry, ' +
      `and this one is ${typeOf() ?? 'of no type'}. ` +
      'Set a text, bytes, or a function that returns one of them, in the `farewell` of this route.',
  );
}

/** What the log says of an event that cannot be written, such as one with a BigInt or a circle in its data. */
export function unwritable(stream: StreamInfo, error: unknown): TypeError {
  return fault(stream, `its data cannot be written as JSON (${nameOf(error)})`);
}

/** Of anything that can be thrown. */
const nameOf = (error: unknown): string => (error instanceof Error ? String(error) : format(error));

function wordsOf(farewell: Farewell, stream: StreamInfo): LastWords {
  if (farewell === 'handler') throw new TypeError('A handler that ends itself is not intercepted');
  if (typeof farewell !== 'function') return farewell;
  const words = called(farewell, stream);
  if (isLastWords(words)) return words;
  if (!isThenable(words)) {
    throw fault(
      stream,
      `it returned ${format(words)}. Return a text or bytes that are not empty, or an event with \`data\`.`,
    );
  }
  // What it is rejected with ends no process.
  words.then(undefined, () => undefined);
  throw fault(
    stream,
    'it returned a promise, and must answer at once. Return the text, bytes or event itself, or set ' +
      "`farewell: 'handler'` and let the handler send its last words when its signal aborts.",
  );
}

function called(farewell: (stream: StreamInfo) => unknown, stream: StreamInfo): unknown {
  try {
    return farewell(stream);
  } catch (error) {
    throw fault(stream, `it threw ${nameOf(error)}`, stackOf(error));
  }
}

/** Says the fault once for each route, because thousands of streams share it. */
function fault(stream: StreamInfo, problem: string, stack?: string): TypeError {
  const { route } = stream;
  if (!complained.has(route)) {
    complained.add(route);
    logger.error(
      `Streams of ${route} are cut, because their \`farewell\` fails: ${problem}`,
      stack,
    );
  }
  return new TypeError(problem);
}

/** An event without data is none to an EventSource. */
function isLastWords(words: unknown): words is LastWords {
  if (isTextOrBytes(words)) return true;
  return (words as Partial<MessageEvent> | null | undefined)?.data !== undefined;
}

/** Empty, it would say nothing, and its end would pass for that of a whole answer. */
export function isTextOrBytes(words: unknown): words is string | Uint8Array {
  return (typeof words === 'string' || words instanceof Uint8Array) && words.length > 0;
}

/** The data of an event as it is written; undefined for what JSON leaves out, such as a function. */
export function textOf(data: unknown): string | undefined {
  return typeof data === 'string' ? data : JSON.stringify(data);
}
