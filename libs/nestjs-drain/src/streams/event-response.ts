import type { IncomingMessage, ServerResponse } from 'node:http';
import { isEventStream } from '../compat/response.js';
import {
  watcherOf,
  watchWrites,
  type Write,
  type WriteWatcher,
} from '../compat/response-writes.js';

type End = (...args: unknown[]) => ServerResponse;

/**
 * The response of an `@Sse()` route, behind the application's interceptors and behind Nest: only here is it certain
 * which event id the client has, and only here does nothing change or swallow the last words.
 */
export class EventResponse implements WriteWatcher {
  readonly #write: Write;
  /** The last event that Nest has written with an id; it is read only when the id is asked for. */
  #lastEvent = '';
  #isEnding = false;

  /**
   * Watches what is written from here on.
   * @param isHeld whether the close of the response will be told of
   */
  static of(request: IncomingMessage, response: ServerResponse, isHeld = false): EventResponse {
    const known = watcherOf(response);
    return known instanceof EventResponse ? known : new EventResponse(request, response, isHeld);
  }

  private constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    isHeld: boolean,
  ) {
    this.#write = watchWrites(response, this, isHeld);
  }

  /** Nest's own write, looked at. */
  pass(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    if (typeof chunk === 'string' && isNamed(chunk)) this.#lastEvent = chunk;
    return this.#write.call(this.response, chunk, encoding, callback);
  }

  /** The event id the client would reconnect with. */
  get lastId(): string {
    return /^id: (.*)$/m.exec(this.#lastEvent)?.[1] ?? lastEventIdOf(this.request);
  }

  /**
   * Adds last words where Nest ends the event stream. They leave with the end, in one system call: where thousands are
   * told, each one counts.
   * @param lastWords undefined where the response must not end cleanly
   */
  beforeEnd(lastWords: () => string | undefined): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const own = this.response as unknown as { end: End };
    const end = own.end;
    own.end = (...args) => {
      own.end = end;
      if (!this.#isOpen) return end.apply(this.response, args);
      if (isChunk(args[0])) this.#write.call(this.response, args.shift());
      const words = lastWords();
      return words === undefined ? this.response : end.call(this.response, words);
    };
  }

  /** An exception filter may have answered something else; and nothing is added where the client has left. */
  get #isOpen(): boolean {
    const { destroyed, writableEnded } = this.response;
    return !destroyed && !writableEnded && isEventStream(this.response);
  }
}

/** Whether an event of Nest's can have an id: its type or its id comes first, else its data. This sees every event. */
function isNamed(event: string): boolean {
  return event.charCodeAt(0) !== letterD;
}

const letterD = 'd'.charCodeAt(0);

function isChunk(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array;
}

/** The `Last-Event-ID` of a request, which EventSource sends in UTF-8 (HTML, section 9.2.4); '' without one. */
export function lastEventIdOf({ headers }: IncomingMessage): string {
  const header = headers['last-event-id'];
  if (typeof header !== 'string') return '';
  // Node reads each byte of a header as one character.
  const text = Buffer.from(header, 'latin1').toString();
  return text.includes('\uFFFD') ? header : text;
}
