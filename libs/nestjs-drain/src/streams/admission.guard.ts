import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Inject,
  Injectable,
  Optional,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { wholeSeconds } from '../core/duration.js';
import { isLastAnswer } from '../core/last-answer.js';
import type { Refusal } from '../core/stream.js';
import { Drain } from '../core/drain.js';
import { rawOf } from '../compat/frameworks.js';
import type { Resumption } from 'nestjs-drain-resume';
import { DRAIN, FAREWELL, RESUMPTION } from '../core/tokens.js';
import { defaultFarewell, type Farewell } from './farewell.js';
import { decide, decisionOf } from './decision.js';
import { type HttpStream, HttpTransport } from './http-stream.js';
import { openResumable } from '../resume/open-resumable.js';
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
    @Optional() @Inject(DRAIN) private readonly drain: Drain,
    @Optional() @Inject(FAREWELL) private readonly farewell: Farewell | undefined,
    @Optional() @Inject(RESUMPTION) private readonly resumption?: Resumption,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Guards also run for gateways and message handlers; their entries admit for themselves.
    if (context.getType() !== 'http') return true;
    // A unit test of the controller alone does not import the module: the route is as if undecorated.
    if (!(this.drain as Drain | undefined)) return true;
    const http = context.switchToHttp();
    const framework = http.getRequest<IncomingMessage>();
    // A controller and its method may both be decorated.
    if (decisionOf(framework)) return true;
    const request = rawOf(framework);
    const response = rawOf(http.getResponse<ServerResponse>());
    const route = streamRouteOf(context);
    const transport = new HttpTransport(
      route,
      route.farewell ?? this.farewell ?? defaultFarewell,
      this.drain.options.retryAfter,
      request,
      response,
    );
    const { kind, pattern } = route;
    const id = route.id?.(framework);
    const isLast =
      isLastAnswer(request) && !(route.resumable && this.resumption?.handOff?.when === 'eager');
    const admission = this.drain.streams.admit(
      { kind, route: pattern, id, isLastAnswer: isLast },
      transport,
    );
    if (!admission.admitted) return this.#refuse(admission, route, request, response);
    decide(request, admission);
    this.#releaseOnClose(admission);
    return route.resumable ? this.#open(admission, framework) : true;
  }

  /** Admitted and counted already; the store is asked while nothing has been sent. */
  async #open(stream: HttpStream, framework: object): Promise<boolean> {
    const { request, response, declared } = stream.transport;
    if (request.method === 'HEAD') return true;
    if (!this.resumption) {
      throw new Error(
        `${declared.pattern} is resumable, but nothing keeps its events: import DrainResumeModule.forRoot({ store }) ` +
          'of nestjs-drain/resume in the root module.',
      );
    }
    const opened = await openResumable(stream, this.resumption, framework);
    if (!opened) {
      const { retryAfter } = this.drain.options;
      const refusal = { admitted: false, reason: 'draining', retryAfter } as const;
      return this.#refuse(refusal, declared, request, response);
    }
    decide(request, opened.answer);
    if (opened.resumed) this.drain.events.emit({ type: 'resumed', stream });
    return true;
  }

  /** Only the close of the response says that the last bytes have left, or are lost. */
  #releaseOnClose(stream: HttpStream): void {
    const { request, response } = stream.transport;
    const { socket } = request;
    // Behind another response of its connection. On Node 20 it never closes if the socket goes first.
    const isPipelined = !response.socket;
    const release = (): void => {
      if (isPipelined) socket.off('close', release);
      stream.release(stream.transport.isDelivered);
    };
    // A client that left before the guard ran has had its close.
    if (response.destroyed || socket.destroyed) stream.release(false);
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
    response.setHeader('Retry-After', wholeSeconds(refusal.retryAfter));
    throw new StreamRefusedException(refusal.reason, refusal.retryAfter);
  }
}

function isEventSource({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/event-stream') === true;
}
