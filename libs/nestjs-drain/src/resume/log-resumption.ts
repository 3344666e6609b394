import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  type HandOffTime,
  keyedStreamId,
  type OpenedStream,
  type ResumableStreamService,
  type ResumptionRefusal,
  type StartRequest,
  type UnreadPolicy,
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
    const request = rawOf(exchange.request) as IncomingMessage;
    const position = positionOf(request) ?? (await this.#keyed(exchange, request));
    if (!position) return undefined;
    const found = await this.service.peek({ ...position, principal: principalOf(exchange) });
    if (found.outcome === 'leaving') throw new ContinuedElsewhereError();
    if (found.outcome === 'unknown' && position.isKeyed) throw new StreamFinishedException();
    if (found.outcome !== 'found') throw this.#refused(exchange, found.outcome);
    if (found.left !== undefined && position.isKeyed) throw new StreamFinishedException();
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

  async #open(
    exchange: ResumableExchange,
    located: StreamPosition | undefined,
  ): Promise<OpenedStream> {
    const principal = principalOf(exchange);
    if (located) return this.service.resume({ ...located, principal });
    const { background = false, grace = defaultGrace, key } = exchange.options;
    const policy: UnreadPolicy = { background, grace };
    const order = { principal, request: loggedRequest(exchange.request), ...policy };
    if (!key) return this.service.start(order);
    return this.#openKeyed({ ...order, id: keyedStreamId(principal, key(exchange.request)) });
  }

  /** Joins the stream that the same request has started; another one makes room. */
  async #openKeyed(order: StartRequest & { readonly id: string }): Promise<OpenedStream> {
    const { id, principal } = order;
    for (;;) {
      const started = await this.service.start(order);
      if (started.outcome !== 'exists') return started;
      const found = await this.service.peek({ id, principal, after: -1 });
      const isSame = found.outcome === 'found' && found.request === order.request;
      if (isSame) return this.service.resume({ id, principal, after: -1 });
      if (found.outcome === 'leaving' || found.outcome === 'unavailable') return found;
      const deleted = await this.service.delete(id, principal);
      if (deleted.outcome === 'unavailable') return { outcome: deleted.outcome };
    }
  }

  /** A client that knows no position: it joins the stream of its key from the beginning, or cancels it. */
  async #keyed(
    { options, ...exchange }: ResumableExchange,
    { method }: IncomingMessage,
  ): Promise<StreamPosition | undefined> {
    if (!options.key || (method !== 'GET' && method !== 'DELETE')) return undefined;
    const principal = principalOf({ options, ...exchange });
    const id = keyedStreamId(principal, options.key(exchange.request));
    if (method === 'GET') return { id, after: -1, epoch: undefined, isKeyed: true };
    const { outcome } = await this.service.cancel(id, principal);
    if (outcome === 'unavailable') throw refusalException(outcome);
    throw new StreamFinishedException();
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

/** The same credentials are the same caller. Without any, the unguessable id, or the key, alone protects a stream. */
function principalOf({ options, request }: ResumableExchange): string {
  if (options.principal) return options.principal(request);
  const { authorization } = (rawOf(request) as IncomingMessage).headers;
  if (authorization === undefined) return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}
