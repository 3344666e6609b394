import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MessageEvent, StreamableFile } from '@nestjs/common';
import { of } from 'rxjs';
import type { StreamRoute } from './stream-route.js';

/**
 * Tells an EventSource when to come back and dispatches nothing.
 * @param retryAfter seconds
 */
export function reconnectEvent(id: string, retryAfter: number): Partial<MessageEvent> {
  return { id, retry: retryAfter * 1000 };
}

/**
 * The answer to an EventSource that comes while draining: 200, `retry:`, and a clean end. Any other
 * status would close it for good (HTML, section 9.2.3); this way it reconnects to another replica.
 */
export class Reconnect {
  constructor(
    private readonly route: StreamRoute,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly retryAfter: number,
  ) {}

  /** What the handler returns in place of its own stream. */
  answer(): unknown {
    if (this.route.isSse) {
      return of(reconnectEvent(new LastEventId(this.request).current, this.retryAfter));
    }
    const type = 'text/event-stream';
    const body = `retry: ${this.retryAfter * 1000}\n\n`;
    if (!this.route.writesItself) return new StreamableFile(Buffer.from(body), { type });
    this.response.writeHead(200, { 'Content-Type': type }).end(body);
    return undefined;
  }
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
    this.#current = typeof header === 'string' ? header : '';
  }

  get current(): string {
    return this.#current;
  }

  /** Follows Nest's SseStream: an event without id gets the next number, a mere comment none. */
  see(event: unknown): void {
    const message = (
      typeof event === 'object' && event !== null ? event : { data: event }
    ) as Partial<MessageEvent & { comment: string }>;
    if (message.id != null) this.#current = String(message.id);
    else if (!isMereComment(message)) this.#current = String((this.#generated += 1));
  }
}

function isMereComment(message: Partial<MessageEvent & { comment: string }>): boolean {
  const { comment, data, type, retry } = message;
  return comment != null && data === undefined && type === undefined && retry === undefined;
}
