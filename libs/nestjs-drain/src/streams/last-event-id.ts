import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** The `Last-Event-ID`, which EventSource sends in UTF-8 (HTML, section 9.2.4). */
export function lastEventIdOf(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['last-event-id'];
  if (typeof header !== 'string') return undefined;
  // Node reads each byte of a header as one character.
  const text = Buffer.from(header, 'latin1').toString();
  return text.includes('\uFFFD') ? header : text;
}

type Write = (...args: unknown[]) => boolean;

/** One for each response: an interceptor may subscribe to its events again and again. */
const watched = new WeakMap<ServerResponse, RepeatedId>();

/**
 * The id that a farewell has to repeat. A client keeps the id of the last event it got, but the one it came with only
 * until the first event without an id (HTML, section 9.2.6). So that one is repeated where nothing with an id was sent.
 */
export class RepeatedId {
  #id: string | undefined;

  /**
   * Watches what is sent from here on, behind the application's interceptors and behind Nest.
   * @returns undefined for a client that came without an id
   */
  static watch(headers: IncomingHttpHeaders, response: ServerResponse): RepeatedId | undefined {
    const id = lastEventIdOf(headers);
    if (id === undefined) return undefined;
    const known = watched.get(response) ?? new RepeatedId(id, response);
    watched.set(response, known);
    return known;
  }

  private constructor(id: string, response: ServerResponse) {
    this.#id = id;
    const own = response as unknown as { write: Write };
    const { write } = own;
    own.write = (...args) => {
      if (this.#id !== undefined && hasId(args[0])) this.#id = undefined;
      return write.apply(response, args);
    };
  }

  get id(): string | undefined {
    return this.#id;
  }
}

/** Whether it is an event with an id: Nest writes each in one piece. */
function hasId(chunk: unknown): boolean {
  const text = chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : chunk;
  return typeof text === 'string' && /(?:^|[\r\n])id:/.test(text);
}
