import type { IncomingMessage } from 'node:http';
import type { MessageEvent } from '@nestjs/common';
import { Observable, type Observer, type Subscriber } from 'rxjs';
import { asEvent, lastWords } from './farewell.js';
import type { HttpStream } from './http-stream.js';

/**
 * The events of an `@Sse()` handler, which the drain can end between two of them: the source is
 * stopped, the farewell is the last event. One observer and not a chain of operators, because it is
 * held for as long as the stream is open.
 */
export class EventStream implements Observer<unknown> {
  readonly #lastId: LastEventId;

  static observe(stream: HttpStream, events: Observable<unknown>): Observable<unknown> {
    const { cancelSubject } = stream.transport;
    return new Observable((client) => {
      const observer = new EventStream(stream, client);
      if (cancelSubject.isCancelled) {
        observer.complete();
        return undefined;
      }
      const source = events.subscribe(observer);
      const forget = cancelSubject.subscribe(() => {
        source.unsubscribe();
        observer.complete();
      });
      source.add(forget);
      return source;
    });
  }

  private constructor(
    private readonly stream: HttpStream,
    private readonly client: Subscriber<unknown>,
  ) {
    this.#lastId = new LastEventId(stream.transport.request);
  }

  next(event: unknown): void {
    this.#lastId.see(event);
    this.client.next(event);
  }

  error(error: unknown): void {
    this.client.error(error);
  }

  complete(): void {
    // The source may also have ended because its signal was aborted.
    if (!this.stream.endedFor) this.stream.transport.completeAnswer();
    else if (!this.#sayFarewell()) return;
    this.client.complete();
  }

  /**
   * Farewell and end leave together: where thousands are told, each write counts.
   * @returns false where the farewell failed: no end would be clean (law 5).
   */
  #sayFarewell(): boolean {
    try {
      const event = lastEvent(this.stream, this.#lastId.current);
      this.stream.transport.gatherWrites();
      this.client.next(event);
      return true;
    } catch {
      this.stream.destroy();
      return false;
    }
  }
}

/**
 * What an event stream sends last when the drain ends it.
 * @param id the client's last event id; undefined leaves it to the client
 */
export function lastEvent(stream: HttpStream, id: string | undefined): Partial<MessageEvent> {
  const { retryAfter, farewell } = stream.transport;
  if (stream.kind === 'subscription') return reconnectEvent(id, retryAfter);
  if (farewell === 'handler') throw new TypeError('A handler that ends itself is not intercepted.');
  const event = asEvent(lastWords(farewell, stream));
  return id === undefined ? event : { id, ...event };
}

/**
 * Tells an EventSource when to come back and dispatches nothing.
 * @param retryAfter seconds
 */
export function reconnectEvent(id: string | undefined, retryAfter: number): Partial<MessageEvent> {
  const retry = Math.ceil(retryAfter * 1000);
  return id === undefined ? { retry } : { id, retry };
}

/** An event as it is written (HTML, section 9.2.5). */
export function formatEvent({ type, id, retry, data }: Partial<MessageEvent>): string {
  const line = (name: string, value: string | number | undefined): string =>
    value === undefined ? '' : `${name}: ${String(value).replace(/[\r\n]/g, '')}\n`;
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const lines = data === undefined ? [] : text.split(/\r\n|\r|\n/);
  const body = lines.map((one) => `data: ${one}\n`).join('');
  return `${line('event', type)}${line('id', id)}${line('retry', retry)}${body}\n`;
}

/** An EventSource closes for good on any answer but 200 (HTML, section 9.2.3). */
export function isEventSource({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/event-stream') === true;
}

/**
 * The event id the client would reconnect with. Nest numbers events that bring no id, so without
 * this the farewell would get a number of its own and overwrite the client's Last-Event-ID.
 */
export class LastEventId {
  #generated = 0;
  #current: string;

  constructor(request: IncomingMessage) {
    const header = request.headers['last-event-id'];
    this.#current = typeof header === 'string' ? decodeHeader(header) : '';
  }

  get current(): string {
    return this.#current;
  }

  /** An event that cannot be read is Nest's to answer, as on a bare route: here it changes nothing. */
  see(event: unknown): void {
    try {
      this.#follow(event);
    } catch {
      // A getter that threw, a revoked proxy, an id that is no text.
    }
  }

  /** Follows Nest's SseStream: an event without id gets the next number, a mere comment none. */
  #follow(event: unknown): void {
    const message = (
      typeof event === 'object' && event !== null ? event : { data: event }
    ) as Partial<MessageEvent & { comment: string }>;
    if (message.id != null) this.#current = String(message.id);
    else if (!isMereComment(message)) this.#current = String((this.#generated += 1));
  }
}

/** EventSource sends its id in UTF-8 (HTML, section 9.2.4); Node reads each byte of a header as a character. */
function decodeHeader(header: string): string {
  const text = Buffer.from(header, 'latin1').toString();
  return text.includes('\uFFFD') ? header : text;
}

function isMereComment(message: Partial<MessageEvent & { comment: string }>): boolean {
  const { comment, data, type, retry } = message;
  return comment != null && data === undefined && type === undefined && retry === undefined;
}
