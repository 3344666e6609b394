import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MessageEvent, StreamableFile } from '@nestjs/common';
import { of } from 'rxjs';
import type { HandlerRun } from '../core/resumption.js';
import type { StreamKind } from '../core/stream.js';
import { formatEvent, isEventSource, LastEventId, reconnectEvent } from './event-stream.js';
import type { Answerer } from './http-stream.js';
import type { StreamRoute } from './stream-route.js';
import { StreamRefusedException } from './stream-refused.exception.js';

/**
 * The answer to an EventSource that comes while draining: 200, `retry:`, and a clean end. Any other
 * status would close it for good; this way it reconnects to another replica.
 */
export class ReconnectAnswer implements Answerer {
  readonly stream = undefined;

  constructor(
    private readonly route: StreamRoute,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly retryAfter: number,
  ) {}

  /** What the handler's wrapper returns in place of the handler's stream; the handler does not run. */
  answer(_run?: (run: HandlerRun) => unknown): unknown {
    const event: Partial<MessageEvent> = reconnectEvent(
      new LastEventId(this.request).current,
      this.retryAfter,
    );
    if (this.route.isSse) return of(event);
    const type = 'text/event-stream';
    const body = formatEvent(reconnectEvent(undefined, this.retryAfter));
    if (!this.route.writesItself) return new StreamableFile(Buffer.from(body), { type });
    this.response.writeHead(200, { 'Content-Type': type }).end(body);
    return undefined;
  }
}

/** Answers a request outside Nest's own routing: as the guard does it inside. */
export function answerRefused(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: { kind: StreamKind; reason: string; retryAfter: number },
): void {
  const { kind, reason, retryAfter } = refusal;
  if (kind === 'subscription' && isEventSource(request)) {
    response.setHeader('Content-Type', 'text/event-stream');
    response.writeHead(200).end(formatEvent(reconnectEvent(undefined, retryAfter)));
    return;
  }
  const { body, seconds } = StreamRefusedException.describe(reason, retryAfter);
  response.setHeader('Retry-After', seconds);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.writeHead(503).end(JSON.stringify(body));
}
