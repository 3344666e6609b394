import type { HandOffTime, OpenStream } from './stream.js';

/** What `@DrainableStream({ resumable })` declares for a route. */
export interface ResumableOptions<Request = unknown> {
  /** Whether production goes on to the end when the stream has no reader. Default false. */
  background?: boolean;
  /**
   * Otherwise: after how many seconds without a reader production pauses, until a reader comes back. Default 30.
   */
  grace?: number;
  /**
   * Who asks. Runs behind all guards of the route, so it may read what they found (`request.user`). Only the same
   * principal can resume the stream; others get 404. Default: a hash of the `Authorization` header.
   */
  principal?: (request: Request) => string;
  /**
   * Names the stream, the same on every replica: a chat, an order. A request that says the same as the one that started
   * the stream joins it from its beginning, unless it has failed; another one ends it and takes its place. A GET
   * only joins, and a DELETE cancels: 204 if the stream has ended, or there is none. Each principal has keys of its own on
   * each route. A request for which it returns neither a text nor a number gets 400.
   */
  key?: (request: Request) => string;
  /**
   * The event that readers get of a handler that failed, such as `{ type: '', data: { error: { message } } }`. `type` is
   * `error` if it is left out; an empty one leaves the event without a name. Default: type `error`, with the message of an HttpException, and `Internal server error` for anything else.
   */
  failure?: (error: unknown) => { type?: string; data: string | object };
}

/** One event as a client gets it. Its `id` names the stream and the place in it. */
export interface OutgoingEvent {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
  readonly data?: string | object | undefined;
  /** Milliseconds, as in the SSE field. */
  readonly retry?: number | undefined;
}

/** Events that follow each other, so many as Nest may be given in one turn of the loop. */
export interface Portion {
  readonly events: readonly OutgoingEvent[];
  /** Of their data, about. */
  readonly characters: number;
}

/** A portion has no more events, and no more characters unless it has one event. */
export const largestPortion = { events: 64, characters: 16_384 };

/** One request of a resumable route, as `streams/` knows it. */
export interface ResumableExchange {
  /** Admitted and counted. */
  readonly stream: OpenStream;
  readonly options: ResumableOptions;
  /** Such as `POST /v1/responses`. */
  readonly route: string;
  /** The request as the framework knows it (Express' own, or Fastify's). */
  readonly request: object;
  /** Node's own response. Headers may be set on it; nothing may be written to it. */
  readonly response: {
    setHeader(name: string, value: string | number): unknown;
    once(event: 'close', listener: () => void): unknown;
  };
}

/** Where a handler has to go on, and until when. Given to each run of the handler. */
export interface HandlerRun {
  readonly cursor: { readonly id: string; readonly next: number };
  /** Aborts when this replica should stop producing. A client's disconnect does not abort it. */
  readonly signal: AbortSignal;
}

/**
 * Marks the factory of a parameter decorator: the parameter gets this part of the `HandlerRun`, anew for each
 * run of a resumable handler. What the factory itself returns is used in every other handler.
 */
export const HANDLER_RUN_PART = Symbol.for('nestjs-drain.HandlerRunPart');

/** Thrown by `locate` and `answer` if only another replica can go on: the client is sent there as a refused one is. */
export class ContinuedElsewhereError extends Error {
  override readonly name = 'ContinuedElsewhereError';

  constructor() {
    super('This replica is shutting down: another one goes on with the stream.');
  }
}

/**
 * Port: how a stream outlives its connection and its pod. The entry `nestjs-drain/resume` provides it
 * under the token `RESUMPTION`; `streams/` asks for it and knows nothing else of logs and stores.
 */
export interface Resumption {
  /** When unfinished streams are given to another replica; undefined if none could go on. */
  readonly handOffTime: HandOffTime | undefined;

  /** Whether a request is about a stream that no other replica has: it is served while the drain runs. */
  isOnlyHere(request: object, options: ResumableOptions): boolean;

  /**
   * Runs behind every guard of the route and before its pipes. For a request that comes back to a stream
   * it finds the stream and gives the request the input that the stream was started with.
   * @returns undefined for a request that wants a new stream. Nothing is written to the store then.
   * @throws HttpException 204 at the end of the stream, 404, 410, 503.
   * @throws ContinuedElsewhereError
   */
  locate(exchange: ResumableExchange): Promise<object | undefined>;

  /**
   * Runs behind the pipes, in the place of the handler: opens a new stream, or goes on with the one that
   * `locate` found. What `run` produces goes into the log; what the client gets comes from the log.
   * The client's next portion is asked for when its connection takes it. When the client leaves or the drain ends
   * the stream, `exchange.stream.signal` aborts, and then `return()` is called; a generator that waits hears of the
   * signal only. An error thrown while iterating destroys the connection.
   * @param run runs the handler, on this replica, from the cursor on: at once, later, again, or not at all
   * @throws HttpException 429, 503, or what the handler threw: nothing has been sent then.
   * @throws ContinuedElsewhereError
   */
  answer(
    exchange: ResumableExchange,
    located: object | undefined,
    run: (run: HandlerRun) => unknown,
  ): Promise<AsyncIterable<Portion>>;
}

/** Whether its events are logged by the entry `nestjs-drain/resume`; with `handler` the handler does it. */
export function isLogged({ resumable }: { readonly resumable?: unknown }): boolean {
  return Boolean(resumable) && resumable !== 'handler';
}
