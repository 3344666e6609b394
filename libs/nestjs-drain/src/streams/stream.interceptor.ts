import { wholeSeconds } from '../core/duration.js';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { StreamableFile } from '@nestjs/common';
import { isObservable, Observable } from 'rxjs';
import { ByteStream } from './byte-stream.js';
import { EventStream } from './event-stream.js';
import type { HttpStream } from './http-stream.js';
import { ResponseStream } from './response-stream.js';
import type { StreamRoute } from './stream-route.js';
import { StreamRefusedException } from './refusals.js';

/**
 * Stands around one route's handler: it registers each SSE Observable, byte stream and response that the handler
 * answers with, with the cancel subject of its stream, so that the drain can end it with a farewell. It wraps the
 * handler and not the route, because with any interceptor on an `@Sse()` route Nest sends the headers before an async
 * handler has answered, and a late 404 becomes a 200 (docs/decisions/0002-handler-interception.md).
 */
export class StreamInterceptor {
  constructor(private readonly route: StreamRoute) {}

  /** @param handle runs the handler */
  intercept(stream: HttpStream, handle: () => unknown): unknown {
    if (stream.transport.endsItself) return handle();
    if (!this.route.writesItself) return this.register(stream, handle());
    ResponseStream.watch(stream);
    return handle();
  }

  /** What the handler returned, as Nest gets it. */
  register(stream: HttpStream, result: unknown): unknown {
    if (isThenable(result)) return this.#registerPromise(stream, result);
    if (isObservable(result)) {
      return this.route.isSse ? EventStream.observe(stream, result) : registerValue(stream, result);
    }
    if (result instanceof StreamableFile) return registerFile(stream, result);
    if (result instanceof Response) return registerResponse(stream, result);
    if (isAsyncIterable(result)) return new ByteStream(result, stream);
    stream.transport.completeAnswer();
    return result;
  }

  /** While a promise is pending nothing has been sent, so the end can still be an honest 503. */
  async #registerPromise(stream: HttpStream, pending: PromiseLike<unknown>): Promise<unknown> {
    let forget = (): void => undefined;
    const ended = new Promise<never>((_, reject) => {
      forget = stream.transport.cancelSubject.subscribe(() => reject(tooLate(stream)));
    });
    try {
      return this.register(stream, await Promise.race([pending, ended]));
    } finally {
      forget();
    }
  }
}

/** An Observable outside `@Sse()` is one value; until it is there, the same holds. */
function registerValue(stream: HttpStream, value: Observable<unknown>): Observable<unknown> {
  const { cancelSubject } = stream.transport;
  return new Observable((waiting) => {
    const forget = cancelSubject.subscribe(() => waiting.error(tooLate(stream)));
    waiting.add(forget);
    waiting.add(
      value.subscribe({
        next: (one) => waiting.next(one),
        error: (error: unknown) => waiting.error(error),
        complete: () => {
          if (!waiting.closed) stream.transport.completeAnswer();
          waiting.complete();
        },
      }),
    );
  });
}

/** A promised length leaves no room for a farewell: it comes whole, or its client sees that it does not. */
function registerFile(stream: HttpStream, file: StreamableFile): StreamableFile {
  if (file.options.length !== undefined) {
    stream.transport.completeAnswer();
    return file;
  }
  const bytes = Readable.from(new ByteStream(file.getStream(), stream), { objectMode: false });
  return new StreamableFile(bytes, file.options)
    .setErrorHandler(file.errorHandler)
    .setErrorLogger(file.errorLogger);
}

/** The web Response that Nest 12 lets a handler return. */
function registerResponse(stream: HttpStream, response: Response): Response {
  if (!response.body || response.bodyUsed || response.headers.has('content-length')) {
    stream.transport.completeAnswer();
    return response;
  }
  const body = ReadableStream.from(new ByteStream(response.body, stream));
  return new Response(body as ConstructorParameters<typeof Response>[0], response);
}

function tooLate(stream: HttpStream): StreamRefusedException {
  const { response, retryAfter } = stream.transport;
  if (!response.headersSent) response.setHeader('Retry-After', wholeSeconds(retryAfter));
  return new StreamRefusedException('deadline', retryAfter);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
