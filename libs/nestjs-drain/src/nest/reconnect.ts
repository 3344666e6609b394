import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableFile, type MessageEvent } from '@nestjs/common';
import { of } from 'rxjs';
import { LastEventId } from './last-event-id.js';
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
