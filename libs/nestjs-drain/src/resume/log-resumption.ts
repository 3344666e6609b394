import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type {
  HandOffTime,
  OpenedStream,
  ResumableStreamService,
  ResumptionRefusal,
  UnreadPolicy,
} from 'nestjs-drain-resume';
import { rawOf } from '../compat/fastify.js';
import type { Drain } from '../core/drain.js';
import { wholeSeconds } from '../core/duration.js';
import {
  ContinuedElsewhereError,
  type HandlerRun,
  type OutgoingEvent,
  type ResumableExchange,
  type Resumption,
} from '../core/resumption.js';
import { loggedRequest, readLogged, restoreRequest } from './logged.js';
import { positionOf, type StreamPosition } from './position.js';
import { refusalException, StreamFinishedException } from './refusals.js';
import { ResumableAnswer } from './resumable-answer.js';

/** How long a stream without readers goes on by default, in seconds. */
const defaultGrace = 30;

/** The port's answer: streams are kept in a log. */
export class LogResumption implements Resumption {
  constructor(
    private readonly service: ResumableStreamService,
    private readonly drain: Drain,
    private readonly maxPendingBytes: number | undefined,
  ) {}

  get handOffTime(): HandOffTime | undefined {
    return this.service.handOff?.when;
  }

  isOnlyHere(request: object): boolean {
    return !this.service.handOff && positionOf(rawOf(request) as IncomingMessage) !== undefined;
  }

  /** Reads only: another replica's stream is taken over when the request has passed its pipes. */
  async locate(exchange: ResumableExchange): Promise<StreamPosition | undefined> {
    const position = positionOf(rawOf(exchange.request) as IncomingMessage);
    if (!position) return undefined;
    const found = await this.service.peek({ ...position, principal: principalOf(exchange) });
    if (found.outcome === 'leaving') throw new ContinuedElsewhereError();
    if (found.outcome !== 'found') throw this.#refused(exchange, found.outcome);
    // The end itself is logged as well, but is no event for a client.
    const isEnd = found.left === 1 && found.first && 'end' in readLogged(found.first.payload);
    if (found.left === 0 || isEnd) throw new StreamFinishedException();
    restoreRequest(exchange.request, found.request);
    return position;
  }

  async answer(
    exchange: ResumableExchange,
    located: StreamPosition | undefined,
    run: (run: HandlerRun) => unknown,
  ): Promise<AsyncIterable<OutgoingEvent>> {
    const opened = await this.#open(exchange, located);
    if (opened.outcome === 'leaving') throw new ContinuedElsewhereError();
    if (opened.outcome !== 'open') throw this.#refused(exchange, opened.outcome);
    const { stream } = opened;
    const { handOff } = this.service;
    if (handOff) exchange.stream.handOffBy(handOff);
    // Relative, so that it holds behind a proxy that rewrites paths.
    exchange.response.setHeader('Content-Location', `?resume=${stream.id}`);
    const position = located ?? { id: stream.id, after: -1, epoch: undefined };
    const answer = new ResumableAnswer(stream, position, run, {
      route: exchange.options,
      maxPendingBytes: this.maxPendingBytes,
      reconnectIn: () => this.#reconnectIn(),
    });
    await answer.begin();
    return answer;
  }

  #open(exchange: ResumableExchange, located: StreamPosition | undefined): Promise<OpenedStream> {
    const principal = principalOf(exchange);
    if (located) return this.service.resume({ ...located, principal });
    const { background = false, grace = defaultGrace } = exchange.options;
    const policy: UnreadPolicy = { background, grace };
    return this.service.start({ principal, request: loggedRequest(exchange.request), ...policy });
  }

  /** A replica that lives has no advice: its client may come back at once. */
  #reconnectIn(): number | undefined {
    return this.drain.isShuttingDown ? this.drain.options.retryAfter * 1000 : undefined;
  }

  #refused(exchange: ResumableExchange, refusal: Exclude<ResumptionRefusal, 'leaving'>): Error {
    const exception = refusalException(refusal);
    if (exception.getStatus() === 503) {
      exchange.response.setHeader('Retry-After', wholeSeconds(this.drain.options.retryAfter));
    }
    return exception;
  }
}

/** The same credentials are the same caller. Without any, the unguessable id alone protects a stream. */
function principalOf({ options, request }: ResumableExchange): string {
  if (options.principal) return options.principal(request);
  const { authorization } = (rawOf(request) as IncomingMessage).headers;
  if (authorization === undefined) return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}
