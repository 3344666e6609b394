import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { isLastAnswer } from '../core/last-answer.js';
import type { StreamHandle, StreamKind, StreamProgress, StreamRequest } from '../core/stream.js';
import { CancelSubject } from './cancel-subject.js';
import type { Farewell } from './farewell.js';
import type { StreamRoute } from './stream-route.js';

/** One request of a `@DrainableStream()` route, from its admission to the close of its response. */
export class HttpStream implements StreamRequest {
  /** Set by the guard, which asks for admission before anything else can see the stream. */
  handle!: StreamHandle;
  readonly kind: StreamKind;
  readonly route: string;
  readonly isLastAnswer: boolean;
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
    readonly id: string | undefined,
    /** A resumable stream that would be handed off at once is not begun. */
    isHandedOffAtOnce: boolean,
  ) {
    this.isLastAnswer = isLastAnswer(request) && !isHandedOffAtOnce;
    this.kind = declared.kind;
    this.route = declared.pattern;
    this.#bytesBefore = bytesSent(request);
  }

  /** Whether the handler itself sends the last words and ends. */
  get endsItself(): boolean {
    return this.farewell === 'handler' && this.kind === 'finite';
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

  /** Whether a response that is closed had its last bytes sent. */
  get isDelivered(): boolean {
    const { writableEnded, writableFinished } = this.response;
    return writableEnded && writableFinished && !this.#http2?.rstCode;
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
