import type { IncomingMessage } from 'node:http';
import type { MessageEvent } from '@nestjs/common';

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
