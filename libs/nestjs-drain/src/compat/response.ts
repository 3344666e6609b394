import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Writable } from 'node:stream';
import { lookAt } from './look.js';
import { resetSocket } from './node.js';

// Express makes each look at a response dear, and the deadline asks thousands. So `lookAt` asks, and the fields of Node
// behind its getters, because a getter looks a second time.

/** Node's text of the headers of HTTP/1, from when they are sent: those that `writeHead` alone got are in no table. */
function sentHead(response: ServerResponse): string | undefined {
  const head = lookAt(response as { _header?: unknown }, '_header');
  // HTTP/2 has a boolean of this name.
  return typeof head === 'string' ? head : undefined;
}

/** As `headersSent`. */
export function isHeadSent(response: ServerResponse): boolean {
  return sentHead(response) !== undefined || response.headersSent;
}

/** As `writableEnded`. */
export function isEnded(response: ServerResponse): boolean {
  return lookAt(response as { readonly finished: boolean }, 'finished');
}

/** A header of a response, sent or not. */
export function headerOf(response: ServerResponse, name: string): string | undefined {
  const head = sentHead(response);
  if (head !== undefined) return lineOf(name).exec(head)?.[1]?.trim();
  const known = response.getHeader(name);
  return known === undefined ? undefined : String(known);
}

/** By the name of the header, because a pattern is dear to make. */
const lines = new Map<string, RegExp>();

function lineOf(name: string): RegExp {
  const known = lines.get(name) ?? new RegExp(`^${name}: *(.*)$`, 'im');
  lines.set(name, known);
  return known;
}

/** As `headerOf`; undefined before the headers are sent. */
function sentHeaderOf(response: ServerResponse, name: string): string | undefined {
  return isHeadSent(response) ? headerOf(response, name) : undefined;
}

/** Whether the client was promised a number of bytes: then nothing can be added, and a short answer is seen. */
export function isLengthPromised(response: ServerResponse): boolean {
  // Known with the headers, and without reading them: the usual stream is sent in chunks.
  if (lookAt(response, 'chunkedEncoding')) return false;
  return sentHeaderOf(response, 'content-length') !== undefined;
}

/** The stream of HTTP/2 under a request or its response; undefined for HTTP/1, where `stream` may be the application's own. */
export function http2StreamOf(
  message: IncomingMessage | ServerResponse,
): ServerHttp2Stream | undefined {
  const of2: unknown = message;
  const isHttp2 = of2 instanceof Http2ServerRequest || of2 instanceof Http2ServerResponse;
  return isHttp2 ? of2.stream : undefined;
}

/**
 * Destroys an answer so that its client sees that it is not whole. Where neither chunks nor a length tell its end, its
 * connection does, and a FIN would be a regular one (RFC 9112, section 6.3): so it is with HTTP/1.0, which nginx before 1.30
 * speaks by default. Such a connection is reset. Of HTTP/2 only the stream is: destroying it would end it without an error,
 * as if it were complete.
 */
export function breakOff(response: ServerResponse): void {
  const stream = http2StreamOf(response);
  if (stream) {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  const { socket } = response;
  try {
    if (socket && endsWithConnection(response)) resetSocket(socket);
    response.destroy();
  } finally {
    // The application may have replaced what destroys it.
    socket?.destroy();
  }
}

function endsWithConnection(response: ServerResponse): boolean {
  return isHeadSent(response) && !response.chunkedEncoding && !isLengthPromised(response);
}

/** Whether the headers have said so. */
export function isEventStream(response: ServerResponse): boolean {
  return isEventStreamType(sentHeaderOf(response, 'content-type'));
}

/** @param type a `Content-Type`, in any case and with any parameter */
export function isEventStreamType(type: string | null | undefined): boolean {
  return /^\s*text\/event-stream\b/i.test(type ?? '');
}

/** Whether its reader lags behind what was written. Node's response of HTTP/2 does not say it, its stream does. */
export function needsDrain(response: ServerResponse): boolean {
  return (http2StreamOf(response) ?? response).writableNeedDrain;
}

/** Whether the bytes on the way are not those of the content: text written between them would break it. */
export function isEncoded(response: ServerResponse): boolean {
  return headerOf(response, 'content-encoding') !== undefined;
}

type WriteCallback = (error?: Error | null) => void;

function drop(args: unknown[]): void {
  const callback = args.find((one): one is WriteCallback => typeof one === 'function');
  if (callback) process.nextTick(callback);
}

/** What application code still writes is dropped, with a callback that reports no error; a pipe runs on. */
export function ignoreLaterBytes(stream: Writable): void {
  Object.assign(stream, {
    write: (...args: unknown[]) => (drop(args), true),
    end: (...args: unknown[]) => (drop(args), stream),
  });
}

/** The response is answered: what its handler still sends is dropped, so that a handler meets no error for it. */
export function ignoreLaterWrites(response: ServerResponse): void {
  ignoreLaterBytes(response);
  const itself = (): ServerResponse => response;
  const nothing = (...args: unknown[]): void => drop(args);
  Object.assign(response, {
    writeHead: itself,
    setHeader: itself,
    setHeaders: itself,
    appendHeader: itself,
    removeHeader: nothing,
    flushHeaders: nothing,
    // Node writes these to the connection even behind the answer.
    writeContinue: nothing,
    writeProcessing: nothing,
    writeEarlyHints: nothing,
    writeInformation: nothing,
  });
}

type Call = (...args: unknown[]) => unknown;
type Calls = Record<string, Call>;

/**
 * Keeps back what Nest sends of a response while its handler is still deciding. With any interceptor on an `@Sse()`
 * route Nest sends the headers one macrotask after it has subscribed, and a later exception would become a 200.
 */
export class HeldResponse {
  readonly #kept: (() => void)[] = [];
  #isHolding = true;

  constructor(private readonly response: ServerResponse) {
    this.#hold('writeHead', response);
    this.#hold('flushHeaders', undefined);
    this.#hold('write', true);
    // Nest ends it early only where the client has left.
    this.#replace('end', (end, args) => {
      this.release();
      return end(...args);
    });
  }

  /** Whether Nest has tried to send something. */
  get isBegun(): boolean {
    return this.#kept.length > 0;
  }

  /** Sends what was kept back. */
  release(): void {
    this.#isHolding = false;
    for (const call of this.#kept.splice(0)) call();
  }

  /** Drops what was kept back, and answers this in its place. */
  answer(status: number, body: unknown): void {
    this.#isHolding = false;
    this.#kept.length = 0;
    if (this.response.writableEnded) return;
    const hasBody = status !== 204 && body !== undefined;
    if (hasBody) this.response.setHeader('Content-Type', 'application/json; charset=utf-8');
    this.response.writeHead(status).end(hasBody ? JSON.stringify(body) : undefined);
  }

  #hold(name: string, result: unknown): void {
    const own = this.response as unknown as Calls;
    this.#replace(name, (_, args) => {
      // By its name: what others have put over it meanwhile, such as `Connection: close`, takes part.
      this.#kept.push(() => void own[name]?.(...args));
      return result;
    });
  }

  /** Only while it holds. It stays in its place afterwards, because others may have been put over it. */
  #replace(name: string, held: (original: Call, args: unknown[]) => unknown): void {
    const own = this.response as unknown as Calls;
    const method = lookAt(own, name);
    const original: Call = (...args) => method.apply(this.response, args);
    own[name] = (...args) => (this.#isHolding ? held(original, args) : original(...args));
  }
}
