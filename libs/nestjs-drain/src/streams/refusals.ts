import type { IncomingMessage, ServerResponse } from 'node:http';
import { ServiceUnavailableException, StreamableFile } from '@nestjs/common';
import { NEVER } from 'rxjs';
import { ignoreLaterWrites } from '../compat/response.js';
import type { HandlerRun } from '../core/resumption.js';
import type { StreamKind } from '../core/stream.js';
import { beforeEnd } from './event-response.js';
import { formatEvent, isEventSource, reconnectEvent } from './event-stream.js';
import type { Answerer, HttpStream } from './http-stream.js';
import { lastEventIdOf } from './last-event-id.js';
import { noEvents } from './no-events.js';
import type { StreamRoute } from './stream-route.js';

/**
 * The 503 of a stream that was refused, or ended before its first byte. `Retry-After` and
 * `Connection: close` are already on the response; an exception filter may reshape the body.
 */
export class StreamRefusedException extends ServiceUnavailableException {
  constructor(
    /** `draining` or `drained` for a refusal, `deadline` for an answer that came too late. */
    readonly reason: string,
    /** Seconds. */
    readonly retryAfter: number,
  ) {
    super(StreamRefusedException.describe(reason, retryAfter).body);
  }

  /** The body of the answer, and its `Retry-After`, which is in whole seconds (RFC 9110, section 10.2.3). */
  static describe(reason: string, retryAfter: number) {
    const seconds = Math.ceil(retryAfter);
    return {
      seconds,
      body: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        statusCode: 503,
        detail: `This replica is shutting down. Try again in ${seconds} s: another replica will answer.`,
        reason,
        retryAfter: seconds,
      },
    };
  }
}

/**
 * The answer to an EventSource that comes while draining: 200, `retry:`, and a clean end. Any other
 * status would close it for good; this way it reconnects to another replica.
 */
export class ReconnectAnswer implements Answerer {
  /** See `beforeEnd`. */
  isEnding = false;

  constructor(
    private readonly route: StreamRoute,
    private readonly request: IncomingMessage,
    readonly response: ServerResponse,
    private readonly retryAfter: number,
    /** As which the request was admitted before it was known that another replica goes on. */
    readonly stream: HttpStream | undefined = undefined,
  ) {}

  /** What the handler's wrapper returns in place of the handler's stream; the handler does not run. */
  answer(_run?: (run: HandlerRun) => unknown): unknown {
    const body = reconnectText(this.request, this.retryAfter);
    if (this.route.isSse) {
      // Nest answers no event, and `retry:` is written where the application's interceptors do not change it.
      return beforeEnd(this, () => body) ? noEvents : NEVER;
    }
    const type = 'text/event-stream';
    if (!this.route.writesItself) return new StreamableFile(Buffer.from(body), { type });
    answerFor(this.response, 200, { 'Content-Type': type }, body);
    return undefined;
  }
}

/** With the id that the client came with (see `RepeatedId`). */
function reconnectText(request: IncomingMessage, retryAfter: number): string {
  return formatEvent(reconnectEvent(lastEventIdOf(request.headers), retryAfter));
}

/** Answers a request outside Nest's own routing: as the guard does it inside. */
export function answerRefused(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: { kind: StreamKind; reason: string; retryAfter: number },
): void {
  const { kind, reason, retryAfter } = refusal;
  if (kind === 'subscription' && isEventSource(request)) {
    const type = { 'Content-Type': 'text/event-stream' };
    answerFor(response, 200, type, reconnectText(request, retryAfter));
    return;
  }
  const { body, seconds } = StreamRefusedException.describe(reason, retryAfter);
  const headers = { 'Retry-After': seconds, 'Content-Type': 'application/json; charset=utf-8' };
  answerFor(response, 503, headers, JSON.stringify(body));
}

/** The whole answer, in the place of application code. That may go on, and what it sends is dropped. */
function answerFor(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  body: string,
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status).end(body);
  ignoreLaterWrites(response);
}
