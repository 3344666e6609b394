import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Optional,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Refusal } from '../core/stream.js';
import { Drain } from '../core/drain.js';
import { rawOf } from '../compat/frameworks.js';
import { ContinuedElsewhereError, type Resumption } from '../core/resumption.js';
import { DRAIN, RESUMPTION } from '../core/tokens.js';
import { defaultFarewell, type Farewell } from './farewell.js';
import { decide, decisionOf } from './decision.js';
import { HttpStream } from './http-stream.js';
import { LoggedStream } from './logged-stream.js';
import { FAREWELL } from '../lifecycle/options.js';
import { Reconnect } from './reconnect.js';
import { StreamRefusedException } from './stream-refused.exception.js';
import { streamRouteOf, type StreamRoute } from './stream-route.js';

/**
 * Admits or refuses a request of a `@DrainableStream()` route, in one synchronous step.
 * @throws StreamRefusedException (503) from the moment the drain closed.
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(FAREWELL) private readonly farewell: Farewell | undefined,
    @Optional() @Inject(RESUMPTION) private readonly resumption?: Resumption,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Guards also run for gateways and message handlers; their entries admit for themselves.
    if (context.getType() !== 'http') return true;
    const http = context.switchToHttp();
    const framework = http.getRequest<IncomingMessage>();
    // A controller and its method may both be decorated.
    if (decisionOf(framework)) return true;
    const request = rawOf(framework);
    const response = rawOf(http.getResponse<ServerResponse>());
    const route = streamRouteOf(context);
    const stream = new HttpStream(
      route,
      route.farewell ?? this.farewell ?? defaultFarewell,
      this.drain.options.retryAfter,
      request,
      response,
      route.id?.(framework),
    );
    const admission = this.drain.streams.admit(stream);
    if (!admission.admitted) return this.#refuse(admission, route, request, response);
    stream.handle = admission;
    decide(request, stream);
    this.#releaseOnClose(stream);
    return route.resumable && route.resumable !== 'handler' ? this.#open(stream, framework) : true;
  }

  /** Admitted and counted already; the store is asked while nothing has been sent. */
  async #open(stream: HttpStream, framework: object): Promise<boolean> {
    const { request, response, declared, handle } = stream;
    if (request.method === 'HEAD') return true;
    if (!this.resumption) {
      throw new Error(
        `${declared.pattern} is resumable, but nothing keeps its events: import DrainResumeModule.forRoot({ store }) ` +
          'of nestjs-drain/resume in the root module.',
      );
    }
    const options = typeof declared.resumable === 'object' ? declared.resumable : {};
    const exchange = { stream: handle, options, request: framework, response };
    try {
      const located = await this.resumption.locate(exchange);
      if (located) this.drain.events.emit({ type: 'resumed', stream: handle });
      decide(request, new LoggedStream(stream, exchange, located, this.resumption));
      return true;
    } catch (error) {
      if (!(error instanceof ContinuedElsewhereError)) throw error;
      const { retryAfter } = this.drain.options;
      const refusal = { admitted: false, reason: 'draining', retryAfter } as const;
      return this.#refuse(refusal, declared, request, response);
    }
  }

  /** Only the close of the response says that the last bytes have left, or are lost. */
  #releaseOnClose(stream: HttpStream): void {
    const { handle, request, response } = stream;
    const { socket } = request;
    // Behind another response of its connection. On Node 20 it never closes if the socket goes first.
    const isPipelined = !response.socket;
    const release = (): void => {
      if (isPipelined) socket.off('close', release);
      handle.release(stream.isDelivered);
    };
    // A client that left before the guard ran has had its close.
    if (response.destroyed || socket.destroyed) handle.release(false);
    else {
      response.once('close', release);
      if (isPipelined) socket.once('close', release);
    }
    // It is a stream from here on, not a plain request.
    this.drain.requests.leave(response);
  }

  #refuse(
    refusal: Refusal,
    route: StreamRoute,
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    if ((route.kind === 'subscription' || route.resumable) && isEventSource(request)) {
      decide(request, new Reconnect(route, request, response, refusal.retryAfter));
      return true;
    }
    response.setHeader('Retry-After', refusal.retryAfter);
    throw new StreamRefusedException(refusal.reason, refusal.retryAfter);
  }
}

function isEventSource({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/event-stream') === true;
}
