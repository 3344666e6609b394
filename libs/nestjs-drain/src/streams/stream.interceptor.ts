import { wholeSeconds } from '../core/duration.js';
import type { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { EMPTY, isObservable, Observable } from 'rxjs';
import { DrainLog } from '../compat/nest-logger.js';
import {
  isConsumed,
  isNodeStream,
  type IsStreamed,
  isWebResponse,
  sentAsJson,
  unsentStream,
} from '../compat/streamed-bodies.js';
import { isEventStream, isHeadSent } from '../compat/response.js';
import { byteSource } from './byte-source.js';
import { endable } from './byte-stream.js';
import { EventStream } from './event-stream.js';
import type { HttpStream } from './http-stream.js';
import { ResponseStream } from './response-stream.js';
import type { StreamRoute } from './stream-route.js';
import { StreamRefusedException } from './refusals.js';

const logger = new DrainLog('DrainableStream');
/** The routes of which the log has said that they send no stream. */
const complained = new WeakSet<StreamRoute>();

/**
 * Stands around one route's handler: it registers each SSE Observable, byte stream and response that the handler
 * answers with, with the cancel subject of its stream, so that the drain can end it with a farewell. It wraps the
 * handler and not the route, because with any interceptor on an `@Sse()` route Nest sends the headers before an async
 * handler has answered, and a late 404 becomes a 200 (docs/decisions/0002-handler-interception.md).
 * One is made for each stream, so its members are private to TypeScript alone, as those of `Stream`.
 */
export class StreamInterceptor {
  constructor(
    private readonly route: StreamRoute,
    private readonly stream: HttpStream,
    private readonly isStreamed: IsStreamed,
  ) {}

  /** @param handle runs the handler */
  intercept(handle: () => unknown): unknown {
    if (this.stream.transport.endsItself) return handle();
    if (!this.route.writesItself) return this.register(handle());
    ResponseStream.watch(this.stream);
    return handle();
  }

  /** What the handler returned, as Nest gets it. */
  private register(result: unknown): unknown {
    if (isThenable(result)) return this.registerPromise(result);
    if (isObservable(result)) {
      return this.route.isSse
        ? EventStream.observe(this.stream, result)
        : this.registerValue(result);
    }
    if (this.isBody(result)) return registerBody(this.stream, result);
    this.complainOnce(result);
    this.stream.transport.completeAnswer();
    return result;
  }

  /** The answer stays what it is without the decorator (law 9); it is not what the handler means. */
  private complainOnce(result: unknown): void {
    const what = unsentStream(result, this.isStreamed);
    if (what === undefined || complained.has(this.route)) return;
    complained.add(this.route);
    logger.error(`${this.route.pattern} answers with ${what}, and ${sentAsJson}`);
  }

  private isBody(value: unknown): value is object {
    return value instanceof StreamableFile || (this.isStreamed(value) && !isConsumed(value));
  }

  /** While a promise is pending nothing has been sent, as a rule, so the end can still be an honest 503. */
  private async registerPromise(pending: PromiseLike<unknown>): Promise<unknown> {
    let forget = (): void => undefined;
    const answer = Promise.resolve(pending);
    const ended = new Promise<unknown>((resolve, reject) => {
      forget = this.stream.transport.cancelSubject.subscribe(() => {
        this.destroyBegun();
        // With any interceptor Nest has sent the head already: then no event has come, and the stream ends as others do.
        if (this.areEventsBegun) resolve(EMPTY);
        else reject(tooLate(this.stream));
        void answer.then(
          (late) => this.discard(late),
          () => undefined,
        );
      });
    });
    try {
      return this.register(await Promise.race([answer, ended]));
    } finally {
      forget();
    }
  }

  private get areEventsBegun(): boolean {
    return this.route.isSse && isHeadSent(this.stream.transport.response);
  }

  /** The handler writes bytes itself, without `@Res()`: Nest would end them as if they were whole (law 5). */
  private destroyBegun(): void {
    const { response } = this.stream.transport;
    if (response.headersSent && !isEventStream(response)) this.stream.destroy();
  }

  /** It goes to no client any more: it must neither run on nor fail unheard. */
  private discard(late: unknown): void {
    if (!this.isBody(late)) return;
    const body = late instanceof StreamableFile ? late.getStream() : late;
    const source = isWebResponse(body) ? body.body : body;
    if (source) byteSource(source).stop();
  }

  /** An Observable outside `@Sse()` is one value, its last; until it is there, the same holds. */
  private registerValue(value: Observable<unknown>): Observable<unknown> {
    const { transport } = this.stream;
    return new Observable((waiting) => {
      let isAnswered = true;
      waiting.add(transport.cancelSubject.subscribe(() => waiting.error(tooLate(this.stream))));
      waiting.add(
        value.subscribe({
          next: (one) => {
            isAnswered = !this.isBody(one) && !isThenable(one);
            waiting.next(isAnswered ? one : this.register(one));
          },
          error: (error: unknown) => waiting.error(error),
          complete: () => {
            if (isAnswered && !waiting.closed) transport.completeAnswer();
            waiting.complete();
          },
        }),
      );
    });
  }
}

/** The body, or the object that carries it: both keep what their own classes add to them. */
function registerBody(stream: HttpStream, body: object): object {
  if (body instanceof StreamableFile) return registerFile(stream, body);
  return isWebResponse(body) ? registerResponse(stream, body) : endable(body, stream);
}

/** A promised length leaves no room for a farewell: it comes whole, or its client sees that it does not. */
function registerFile(stream: HttpStream, file: StreamableFile): StreamableFile {
  const bytes = file.getStream() as Readable | undefined;
  if (!bytes || !isNodeStream(bytes) || file.getHeaders().length !== undefined) {
    stream.transport.completeAnswer();
    return file;
  }
  const replacement = endable(bytes, stream, file.getHeaders().type);
  // Both: Nest asks the method, which a subclass may replace, and the file's own error handler reads the field.
  return Object.assign(file, { stream: replacement, getStream: () => replacement });
}

function registerResponse(stream: HttpStream, response: Response): Response {
  const { body } = response;
  if (!body || isConsumed(body) || response.headers.has('content-length')) {
    stream.transport.completeAnswer();
    return response;
  }
  // Not a new Response: that one would have lost its `type`, by which Nest knows what `fetch()` has decoded.
  const value = endable(body, stream, response.headers.get('content-type'));
  return Object.defineProperty(response, 'body', { value, configurable: true });
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
