import type { IncomingMessage } from 'node:http';
import type { MessageEvent } from '@nestjs/common';
import { Observable, Subscriber, type TeardownLogic } from 'rxjs';
import type { CancelListener } from './cancel-subject.js';
import type { EventPosition } from './event-position.js';
import { beforeEnd } from './event-response.js';
import { lastEvent, textOf, unwritable } from './farewell.js';
import type { HttpStream } from './http-stream.js';
import { RepeatedId } from './last-event-id.js';
import { noEvents } from './no-events.js';

/**
 * The events of an `@Sse()` handler, which the drain can end between two of them: the source is
 * stopped, and the farewell is written behind what Nest has written. It is the source's subscriber itself, without a
 * chain of operators or a second subscriber, because it is held for as long as the stream is open. Its members are private
 * to TypeScript alone, as those of `Stream`.
 */
export class EventStream extends Subscriber<unknown> implements CancelListener {
  private readonly repeated: RepeatedId | undefined;

  static observe(stream: HttpStream, events: Observable<unknown>): Observable<unknown> {
    return new ObservedEvents(stream, events);
  }

  constructor(
    private readonly stream: HttpStream,
    private readonly client: Subscriber<unknown>,
  ) {
    super();
    const { headers, response } = stream.transport;
    this.repeated = RepeatedId.watch(headers, response);
    this.destination = client;
    client.add(this);
  }

  follow(events: Observable<unknown>): void {
    const { cancelSubject } = this.stream.transport;
    if (cancelSubject.isCancelled) {
      noEvents.subscribe(this);
      return;
    }
    this.stream.transport.beginAnswer();
    // Before the source, which may bring about the end while it is subscribed to.
    cancelSubject.add(this);
    events.subscribe(this);
  }

  /** What ends the source stands in the client's list: each list has room for 17, and this stream never outlives it. */
  override add(teardown: TeardownLogic): void {
    this.client.add(teardown);
  }

  /** Its own list is empty (see `add`). As a rule its client ends it, which has no list any more. */
  override unsubscribe(): void {
    if (this.closed) return;
    this.closed = this.isStopped = true;
    this.stream.transport.cancelSubject.remove(this);
    if (!this.client.closed) this.client.remove(this);
  }

  /** The source is not heard any more, and stopped with its client, before the last words leave. */
  onCancel(): void {
    this.unsubscribe();
    if (this.prepareEnd()) this.client.complete();
  }

  protected override _complete(): void {
    if (this.prepareEnd()) super._complete();
  }

  /** @returns whether the events are to end now */
  private prepareEnd(): boolean {
    const { transport, endedFor } = this.stream;
    // The source may also have ended because its signal was aborted.
    if (endedFor) return beforeEnd(transport, (position) => this.farewell(position));
    transport.completeAnswer();
    return true;
  }

  /** Undefined where it failed, which the log says, or stands within an event: no end would be clean (law 5). */
  private farewell(position: EventPosition): string | undefined {
    try {
      const end = endOfEvents(this.stream, position, this.repeated?.id);
      if (end) return end.words ?? '';
    } catch {
      // It has been logged.
    }
    this.stream.destroy(this.stream.endedFor === 'deadline');
    return undefined;
  }
}

/** One for each stream, without a closure of its own. */
class ObservedEvents extends Observable<unknown> {
  constructor(
    readonly stream: HttpStream,
    readonly events: Observable<unknown>,
  ) {
    super(follow);
  }
}

function follow(this: Observable<unknown>, client: Subscriber<unknown>): void {
  const { stream, events } = this as ObservedEvents;
  new EventStream(stream, client).follow(events);
}

/** The farewell that was written last, and its text: thousands of streams share one. */
let written: { readonly farewell: unknown; readonly text: string } | undefined;

/**
 * What an event stream sends last when the drain ends it.
 * @param id see `RepeatedId`; undefined leaves the client the one that it has
 */
function lastText(stream: HttpStream, id: string | undefined): string {
  const { retryAfter, farewell } = stream.transport;
  if (stream.kind === 'subscription') return formatEvent(reconnectEvent(id, retryAfter));
  const event = lastEvent(farewell, stream);
  if (id !== undefined) return writtenText(stream, { id, ...event });
  // A function returns words of their own for each stream.
  if (typeof farewell === 'function') return writtenText(stream, event);
  if (written?.farewell !== farewell) written = { farewell, text: writtenText(stream, event) };
  return written.text;
}

/** @throws TypeError where its data cannot be written, which the log says */
function writtenText(stream: HttpStream, event: Partial<MessageEvent>): string {
  try {
    if (textOf(event.data) === undefined) throw new TypeError('JSON leaves it out');
    return formatEvent(event);
  } catch (error) {
    throw unwritable(stream, error);
  }
}

/**
 * What ends an event stream of bytes. A subscription's client drops half an event, and gets it whole where it
 * reconnects to; it is told nothing behind one.
 * @param id see `RepeatedId`
 * @returns undefined within an event, also at the end of one of its lines: first the event must become whole, because a
 * blank line would dispatch its half, or keep its id
 */
export function endOfEvents(
  stream: HttpStream,
  position: EventPosition,
  id?: string,
): { readonly words?: string } | undefined {
  const words = position.isBetweenEvents ? lastText(stream, id) : undefined;
  // The farewell's function may have written to the response itself.
  if (words !== undefined && position.isBetweenEvents) return { words };
  return stream.kind === 'subscription' ? {} : undefined;
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
export function formatEvent({ type, id, retry, comment, data }: Partial<MessageEvent>): string {
  const line = (name: string, value: string | number | undefined): string =>
    value === undefined ? '' : `${name}: ${String(value).replace(/[\r\n]/g, '')}\n`;
  const body = `${linesOf('', comment)}${linesOf('data', textOf(data))}`;
  return `${line('event', type)}${line('id', id)}${line('retry', retry)}${body}\n`;
}

/** A comment is a field without a name. */
function linesOf(field: string, text: string | undefined): string {
  const lines = text?.split(/\r\n|\r|\n/) ?? [];
  return lines.map((one) => `${field}: ${one}\n`).join('');
}

/** An EventSource closes for good on any answer but 200 (HTML, section 9.2.3). */
export function isEventSource({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/event-stream') === true;
}
