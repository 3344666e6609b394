import type { IncomingMessage } from 'node:http';
import {
  type HandOffTime,
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
  type Portion,
  type ResumableExchange,
  type ResumableOptions,
  type Resumption,
} from '../core/resumption.js';
import { loggedEnd, loggedRequest, readLogged, restoreRequest } from './logged.js';
import { positionOf, type StreamPosition } from './position.js';
import { refusalException, StreamFinishedException } from './refusals.js';
import { ResumableAnswer } from './resumable-answer.js';
import { keyedIdOf, principalOf } from './stream-names.js';

/** How long a stream without readers goes on by default, in seconds. */
const defaultGrace = 30;

/** How often a request tries to get a stream under a key for which others ask for something else at the same time. */
const mostTries = 8;

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

  isOnlyHere(framework: object, { key }: ResumableOptions): boolean {
    if (this.service.handOff) return false;
    const request = rawOf(framework) as IncomingMessage;
    return positionOf(request) !== undefined || (!!key && asksForOpenStream(request));
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
    const isEnd = found.left === 1 && found.first?.payload === loggedEnd;
    if (found.left === 0 || isEnd) throw new StreamFinishedException();
    restoreRequest(exchange.request, found.request);
    return position;
  }

  async answer(
    exchange: ResumableExchange,
    located: StreamPosition | undefined,
    run: (run: HandlerRun) => unknown,
  ): Promise<AsyncIterable<Portion>> {
    const opened = await this.#open(exchange, located);
    if (opened.outcome === 'leaving') throw new ContinuedElsewhereError();
    if (opened.outcome !== 'open') throw this.#refused(exchange, opened.outcome);
    const { stream } = opened;
    const { handOff } = this.service;
    if (handOff) exchange.stream.handOffBy(handOff);
    // A key may name another stream by the time that the client comes back.
    const incarnation = exchange.options.key && stream.incarnation;
    const start = { id: stream.id, after: -1, epoch: undefined };
    const position = { ...(located ?? start), incarnation };
    exchange.response.setHeader('Content-Location', addressOf(position));
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
    return this.#openKeyed({ ...order, id: keyedIdOf(exchange, key) });
  }

  /** Joins the stream that the same request has started, unless it failed; any other one makes room. */
  async #openKeyed(order: StartRequest & { readonly id: string }): Promise<OpenedStream> {
    const { id, principal } = order;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const started = await this.service.start(order);
      if (started.outcome !== 'exists') return started;
      const found = await this.service.peek({ id, principal, after: -1 });
      if (found.outcome === 'leaving' || found.outcome === 'unavailable') return found;
      if (found.outcome === 'unknown') continue;
      const isSame = found.outcome === 'found' && found.request === order.request;
      if (isSame && !(await this.#hasFailed(order, found))) {
        const joined = await this.#join(order);
        if (joined) return joined;
        continue;
      }
      // Not what another request has begun in its place meanwhile. A log that lost a part of itself has no readers.
      const life = found.outcome === 'found' ? found.incarnation : undefined;
      const deleted = await this.service.delete(id, principal, life);
      if (deleted.outcome === 'unavailable') return { outcome: deleted.outcome };
    }
    return { outcome: 'exists' };
  }

  /** Undefined if another request has taken the stream's place meanwhile. */
  async #join({ id, principal, request }: StartRequest & { readonly id: string }) {
    const joined = await this.service.resume({ id, principal, after: -1 });
    if (joined.outcome === 'leaving' || joined.outcome === 'unavailable') return joined;
    if (joined.outcome !== 'open') return undefined;
    if (joined.stream.request === request) return joined;
    await joined.stream.production?.release();
    return undefined;
  }

  /** Whether it was cancelled, or ended with an error: who asks again wants an answer. */
  async #hasFailed(
    { id, principal }: StartRequest & { readonly id: string },
    { incarnation, left }: { readonly incarnation: string; readonly left: number | undefined },
  ): Promise<boolean> {
    // An open one has no end yet.
    if (left === undefined) return false;
    const found = await this.service.peek({ id, principal, incarnation, after: left - 2 });
    return (
      found.outcome === 'found' &&
      !!found.first &&
      readLogged(found.first.payload).kind === 'failure'
    );
  }

  /** A client that knows no position: it joins the stream of its key from the beginning, or cancels it. */
  async #keyed(
    exchange: ResumableExchange,
    request: IncomingMessage,
  ): Promise<StreamPosition | undefined> {
    const { key } = exchange.options;
    if (!key || !asksForOpenStream(request)) return undefined;
    const id = keyedIdOf(exchange, key);
    if (request.method !== 'DELETE') return { id, after: -1, epoch: undefined, isKeyed: true };
    const { outcome } = await this.service.cancel(id, principalOf(exchange));
    if (outcome === 'unavailable') throw this.#refused(exchange, outcome);
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

/** Relative, so that it holds behind a proxy that rewrites paths. */
function addressOf({ id, incarnation }: StreamPosition): string {
  const life = incarnation === undefined ? '' : `&incarnation=${encodeURIComponent(incarnation)}`;
  return `?resume=${id}${life}`;
}

/** By the key of the stream: whether to read it, or to end it. */
function asksForOpenStream({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'DELETE';
}
