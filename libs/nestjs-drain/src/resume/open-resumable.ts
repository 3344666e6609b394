import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Attended, FollowedStream, Resumption as StreamService } from 'nestjs-drain-resume';
import type { HandOffTime } from '../core/stream.js';
import { rawOf } from '../compat/frameworks.js';
import {
  ContinuedElsewhereError,
  type HandlerRun,
  type OutgoingEvent,
  type ResumableExchange,
  type Resumption,
} from '../core/resumption.js';
import { readLogged, ResumableAnswer } from './resumable-answer.js';
import { refusalException, StreamFinishedException } from './resumption-refusal.js';
import { positionOf } from './stream-position.js';

/** How long an unread stream goes on by default, in seconds. */
const defaultGrace = 30;

/** Opens a new stream's log, or finds the one the client comes back to. */
export class ResumableRequests implements Resumption {
  constructor(
    private readonly streams: StreamService,
    /** Seconds. */
    private readonly retryAfter: number,
  ) {}

  get handOffTime(): HandOffTime | undefined {
    return this.streams.handOff?.when;
  }

  async locate(exchange: ResumableExchange): Promise<ResumableAnswer | undefined> {
    const { request } = exchange;
    const position = positionOf(rawOf(request) as IncomingMessage);
    if (!position) return undefined;
    const principal = principalOf(exchange);
    const attended = await this.streams.resume(position.id, principal, position.after);
    const stream = this.#opened(exchange, attended);
    if (await isFinished(stream)) throw new StreamFinishedException();
    restoreRequest(request, stream.request);
    return this.#answerWith(exchange, stream);
  }

  async answer(
    exchange: ResumableExchange,
    located: object | undefined,
    run: (run: HandlerRun) => unknown,
  ): Promise<AsyncIterable<OutgoingEvent>> {
    return ((located as ResumableAnswer | undefined) ?? (await this.#start(exchange))).answer(run);
  }

  async #start(exchange: ResumableExchange): Promise<ResumableAnswer> {
    const { options, request } = exchange;
    const attended = await this.streams.start({
      principal: principalOf(exchange),
      request: loggedRequest(request),
      background: options.background ?? false,
      grace: options.grace ?? defaultGrace,
    });
    return this.#answerWith(exchange, this.#opened(exchange, attended));
  }

  #answerWith(exchange: ResumableExchange, stream: FollowedStream): ResumableAnswer {
    if (this.streams.handOff) exchange.stream.handOffBy(this.streams.handOff);
    // Relative, so that it holds behind whatever rewrites paths.
    exchange.response.setHeader('Content-Location', `?resume=${stream.id}`);
    return new ResumableAnswer(stream, exchange, this.retryAfter * 1000);
  }

  #opened({ response }: ResumableExchange, attended: Attended): FollowedStream {
    if (attended.outcome === 'open') return attended.stream;
    if (attended.outcome === 'leaving') throw new ContinuedElsewhereError();
    const exception = refusalException(attended.outcome, this.retryAfter);
    if (exception.getStatus() === 503) response.setHeader('Retry-After', this.retryAfter);
    throw exception;
  }
}

/** The end itself is logged as well, but is no event for a client. */
async function isFinished(stream: FollowedStream): Promise<boolean> {
  if (stream.left !== 1) return stream.left === 0;
  const noTakeOver = () => undefined;
  for await (const { payload } of stream.events(noTakeOver, new AbortController().signal)) {
    return 'end' in readLogged(payload);
  }
  return true;
}

function principalOf({ options, request }: ResumableExchange): string {
  return options.principal?.(request) ?? bearerOf(request);
}

/** Whoever has the same credentials. Without any, the unguessable id alone protects a stream. */
function bearerOf(request: object): string {
  const { authorization } = (rawOf(request) as IncomingMessage).headers;
  if (authorization === undefined) return 'anonymous';
  return createHash('sha256').update(authorization).digest('hex');
}

/** The parts of a request that handlers take their input from. Headers are not logged: they carry credentials. */
const parts = ['body', 'params', 'query'] as const;

/** What is logged with a stream, so that any replica can run its handler again. */
export function loggedRequest(request: object): string {
  const given = request as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(parts.map((part) => [part, given[part]])));
}

/** Gives a request that resumes a stream the input that the stream was started with. */
export function restoreRequest(request: object, logged: string): void {
  for (const [part, value] of Object.entries(JSON.parse(logged) as object)) {
    // Express 5 has a getter for the query.
    Object.defineProperty(request, part, { value, configurable: true, writable: true });
  }
}
