import type { MessageEvent } from '@nestjs/common';
import type { StreamInfo } from '../core/stream.js';

/** A last event (for `@Sse()` routes) or a last chunk (for byte streams). */
export type LastWords = MessageEvent | (string & Record<never, never>) | Uint8Array;

/**
 * What a finite stream sends when it is cancelled at the deadline, before its clean end.
 *
 * - an event, a chunk, or a function of the stream that returns one;
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

export function lastWords(farewell: Exclude<Farewell, 'handler'>, stream: StreamInfo): LastWords {
  return typeof farewell === 'function' ? farewell(stream) : farewell;
}

export function asEvent(words: LastWords): MessageEvent {
  if (typeof words === 'string') return { data: words };
  if (words instanceof Uint8Array) return { data: new TextDecoder().decode(words) };
  return words;
}

/** A byte stream ends with bytes; an event would be noise in it. */
export function asChunk(words: LastWords): Uint8Array | undefined {
  if (words instanceof Uint8Array) return words;
  return typeof words === 'string' ? Buffer.from(words) : undefined;
}
