import type { OpenStream } from './stream.js';

/** One event as a client gets it. Its `id` names the stream and the place in it. */
export interface OutgoingEvent {
  readonly id?: string;
  readonly type?: string;
  readonly data?: string | object;
  /** Milliseconds, as in the SSE field. */
  readonly retry?: number;
}

/** One request of a resumable route, as `streams/` knows it. */
export interface ResumableExchange {
  /** Admitted and counted. */
  readonly stream: OpenStream;
  /** What `@DrainableStream({ resumable })` declares for the route. */
  readonly options: object;
  /** The request as the framework knows it (Express' own, or Fastify's). */
  readonly request: object;
  /** Node's own response. */
  readonly response: object;
}

/** Where a handler has to go on, and until when. Given to each run of the handler. */
export interface HandlerRun {
  readonly cursor: { readonly id: string; readonly next: number };
  /** Aborts when this replica should stop producing. A client's disconnect does not abort it. */
  readonly signal: AbortSignal;
}

/**
 * Port: how a stream outlives its connection and its pod. The entry `nestjs-drain/resume` provides it
 * under the token `RESUMPTION`; `streams/` asks for it and knows nothing else of logs and stores.
 */
export interface Resumption {
  /**
   * Runs behind every guard of the route and before its pipes. For a request that comes back to a stream
   * it finds the stream and gives the request the input that the stream was started with.
   * @returns undefined for a request that wants a new stream. Nothing is written to the store.
   * @throws HttpException 204 at the end of the stream, 404, 410, 503.
   */
  locate(exchange: ResumableExchange): Promise<object | undefined>;

  /**
   * Runs behind the pipes, in the place of the handler: opens a new stream, or goes on with the one that
   * `locate` found. What `run` produces goes into the log; what the client gets comes from the log.
   * @throws HttpException 429, 503, before anything is sent.
   */
  answer(
    exchange: ResumableExchange,
    located: object | undefined,
    run: (run: HandlerRun) => unknown,
  ): Promise<AsyncIterable<OutgoingEvent>>;
}
