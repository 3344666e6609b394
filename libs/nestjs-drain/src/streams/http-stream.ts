import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Stream, StreamProgress, StreamTransport } from '../core/stream.js';
import { CancelSubject } from './cancel-subject.js';
import type { Farewell } from './farewell.js';
import type { StreamRoute } from './stream-route.js';

/** A stream whose connection is an HTTP response. */
export type HttpStream = Stream<HttpTransport>;

/** The request and response under one stream of a `@DrainableStream()` route. */
export class HttpTransport implements StreamTransport {
  readonly cancelSubject = new CancelSubject();
  /** What the connection had sent for earlier requests. */
  readonly #bytesBefore: number | undefined;

  constructor(
    readonly declared: StreamRoute,
    readonly farewell: Farewell,
    /** Seconds. */
    readonly retryAfter: number,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    this.#bytesBefore = bytesSent(request);
  }

  /** Whether the handler itself sends the last words and ends. */
  get endsItself(): boolean {
    return this.farewell === 'handler' && this.declared.kind === 'finite';
  }

  end(): void {
    this.cancelSubject.cancel();
  }

  destroy(): void {
    // Destroying a stream of HTTP/2 would end it without an error, as if it were complete.
    if (this.#http2) this.#http2.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.response.destroy();
  }

  /** What is written in this turn leaves in one system call. HTTP/2 sees to that itself. */
  gatherWrites(): void {
    const { socket } = this.response;
    if (!socket || this.#http2) return;
    // Not `response.cork()`: Node 24 then sends the end before what it has held back.
    socket.cork();
    // And no longer: where the end waits for a reader that lags, the reader would wait for it.
    setImmediate(() => socket.uncork());
  }

  get isWritten(): boolean {
    return this.response.writableEnded;
  }

  /**
   * Whether a response that is closed had its last bytes sent. One that was destroyed on the way may
   * say `writableFinished` too (Nest ends what it has dropped), but it keeps its socket; Node takes
   * the socket from a response when it has finished.
   */
  get isDelivered(): boolean {
    if (this.#http2) return this.#http2.writableFinished && !this.#http2.rstCode;
    const { writableEnded, writableFinished, socket } = this.response;
    return writableEnded && writableFinished && !socket;
  }

  get #http2(): ServerHttp2Stream | undefined {
    return (this.response as { stream?: ServerHttp2Stream }).stream;
  }

  progress(): StreamProgress {
    const sent = bytesSent(this.request);
    if (sent === undefined || this.#bytesBefore === undefined) return {};
    return { bytes: sent - this.#bytesBefore };
  }
}

/** By the request's connection; undefined for HTTP/2, where many streams share one. */
function bytesSent({ socket, httpVersionMajor }: IncomingMessage): number | undefined {
  return httpVersionMajor > 1 ? undefined : socket.bytesWritten - socket.writableLength;
}
