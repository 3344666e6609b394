import { wholeSeconds } from '../core/duration.js';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { StreamableFile } from '@nestjs/common';
import { isObservable, Observable, takeUntil } from 'rxjs';
import { FarewellIterator } from './farewell-iterator.js';
import { FarewellObserver } from './farewell-observer.js';
import type { HttpStream } from './http-stream.js';
import { StreamRefusedException } from './stream-refused.exception.js';

/**
 * Stands between a handler and Nest: what the handler returns ends when the drain says so, and with
 * a farewell. It wraps the handler and not the route, because with any interceptor on an `@Sse()`
 * route Nest sends the headers before an async handler has answered, and a late 404 becomes a 200
 * (docs/decisions/0002-handler-interception.md).
 */
export function intercept(stream: HttpStream, result: unknown): unknown {
  if (stream.transport.declared.writesItself || stream.transport.endsItself) return result;
  if (result instanceof Promise) return interceptPromise(stream, result);
  if (isObservable(result)) {
    return stream.transport.declared.isSse
      ? FarewellObserver.observe(stream, result)
      : interceptValue(stream, result);
  }
  if (result instanceof StreamableFile) return interceptFile(stream, result);
  if (result instanceof Response) return interceptResponse(stream, result);
  if (isAsyncIterable(result)) return new FarewellIterator(result, stream);
  return result;
}

/** While a promise is pending nothing has been sent, so the end can still be an honest 503. */
async function interceptPromise(stream: HttpStream, pending: Promise<unknown>): Promise<unknown> {
  let answered = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    answered = stream.transport.cancelSubject.subscribe(() => reject(tooLate(stream)));
  });
  try {
    return intercept(stream, await Promise.race([pending, ended]));
  } finally {
    answered();
  }
}

/** An Observable outside `@Sse()` is one value; until it is there, the same holds. */
function interceptValue(stream: HttpStream, value: Observable<unknown>): Observable<unknown> {
  const ended = new Observable<never>((waiting) =>
    stream.transport.cancelSubject.subscribe(() => waiting.error(tooLate(stream))),
  );
  return value.pipe(takeUntil(ended));
}

function interceptFile(stream: HttpStream, file: StreamableFile): StreamableFile {
  if (file.options.length !== undefined) return destroyOnEnding(stream, file);
  const bytes = Readable.from(new FarewellIterator(file.getStream(), stream), {
    objectMode: false,
  });
  return new StreamableFile(bytes, file.options)
    .setErrorHandler(file.errorHandler)
    .setErrorLogger(file.errorLogger);
}

/** The web Response that Nest 12 lets a handler return. */
function interceptResponse(stream: HttpStream, response: Response): Response {
  if (!response.body) return response;
  if (response.headers.has('content-length')) return destroyOnEnding(stream, response);
  const body = ReadableStream.from(new FarewellIterator(response.body, stream));
  return new Response(body as ConstructorParameters<typeof Response>[0], response);
}

/** A promised length leaves no room for a farewell, and without one no end is clean (law 5). */
function destroyOnEnding<T>(stream: HttpStream, result: T): T {
  stream.transport.cancelSubject.subscribe(() => stream.destroy());
  return result;
}

function tooLate(stream: HttpStream): StreamRefusedException {
  const exception = new StreamRefusedException('deadline', stream.transport.retryAfter);
  stream.transport.response.setHeader('Retry-After', wholeSeconds(stream.transport.retryAfter));
  return exception;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
