import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Attachment } from '../compat/attachment.js';
import { rawOf } from '../compat/fastify.js';
import { lookAt } from '../compat/look.js';
import { bytesDispatched, currentAnswer } from '../compat/node.js';
import {
  breakOff,
  http2StreamOf,
  isEnded,
  isEventStream,
  isHeadSent,
  isLengthPromised,
  needsDrain,
} from '../compat/response.js';
import type { HandlerRun } from '../core/resumption.js';
import type { Stream, StreamKind, StreamProgress, StreamTransport } from '../core/stream.js';
import { CancelSubject } from './cancel-subject.js';
import type { Farewell } from './farewell.js';

/** A stream whose connection is an HTTP response. */
export type HttpStream = Stream<HttpTransport>;

/** The request and the response under one stream. Its members are private to TypeScript alone, as those of `Stream`. */
export class HttpTransport implements StreamTransport {
  /** As which the drain counted it before. */
  get work(): object {
    return this.response;
  }

  readonly cancelSubject = new CancelSubject();
  /** Node's own. */
  readonly request: IncomingMessage;
  /** By a framework, as Fastify does. Then all requests have one shape, and are looked at directly. */
  private readonly isWrapped: boolean;
  /** The request's own; undefined for HTTP/2, where many streams share one. */
  private readonly connection: Socket | undefined;
  /**
   * The connection on which Node was sending the response when it was admitted: it lets go of it behind the last bytes.
   * Express gives each request and response a shape of its own, which makes each look at them dear; this tells the same.
   */
  private readonly sender: Socket | undefined;
  /** What the connection had sent for earlier requests; undefined where it was still sending their answers. */
  private readonly bytesBefore: number | undefined;
  private uncounted = 0;
  private isComplete = false;

  constructor(
    readonly kind: StreamKind,
    readonly farewell: Farewell,
    /** Seconds. */
    readonly retryAfter: number,
    /** A framework's, or Node's own. */
    framework: IncomingMessage,
    readonly response: ServerResponse,
  ) {
    const request = rawOf(framework);
    this.request = request;
    this.isWrapped = request !== framework;
    const isHttp2 = request instanceof Http2ServerRequest;
    this.connection = isHttp2 ? undefined : this.socket;
    const isCurrent = this.connection && currentAnswer(this.connection) === response;
    this.sender = isCurrent ? this.connection : undefined;
    this.bytesBefore = this.sender && bytesDispatched(this.sender);
  }

  private get socket(): Socket {
    return this.isWrapped ? this.request.socket : lookAt(this.request, 'socket');
  }

  get headers(): IncomingHttpHeaders {
    return this.isWrapped ? this.request.headers : lookAt(this.request, 'headers');
  }

  /** Whether the handler itself sends the last words and ends. */
  get endsItself(): boolean {
    return this.farewell === 'handler' && this.kind === 'finite';
  }

  /** Called before the end of an event stream that nothing watches: it may make something watch the response. */
  watchUnobserved: ((transport: HttpTransport) => void) | undefined;

  /** Whether its handler has begun. */
  isHandled = false;
  /** See `beforeEnd`. */
  isEnding = false;
  /** Those of its bodies in which an event has to become whole before the farewell has a place. */
  private amidEvent: Set<object> | undefined;
  /** Set where the stream gets heartbeats. */
  stopHeartbeats: (() => void) | undefined;

  get isFarewellDue(): boolean {
    return this.amidEvent !== undefined && this.amidEvent.size > 0;
  }

  /** Whether the farewell is due in this body. An interceptor may have several of them, of which it sends one. */
  isFarewellDueIn(body: object): boolean {
    return this.amidEvent?.has(body) === true;
  }

  postponeFarewell(body: object): void {
    this.amidEvent ??= new Set();
    this.amidEvent.add(body);
  }

  /** It has its place now, or there will be none. */
  takeFarewell(body: object): void {
    this.amidEvent?.delete(body);
  }

  /** @throws Error where nothing sends the farewell of what is on its way, so that no end of it is clean (law 5) */
  end(): void {
    if (!this.cancelSubject.isObserved && isEventStream(this.response))
      this.watchUnobserved?.(this);
    const isUnheard = !this.cancelSubject.isObserved && isHeadSent(this.response);
    this.cancelSubject.cancel();
    if (isUnheard && this.kind === 'finite' && !this.endsItself)
      throw new Error('Nothing sends a farewell');
  }

  destroy(): void {
    breakOff(this.response);
  }

  /** Whether its client had left when it was admitted: the response has been closed, and says so no second time. */
  get isGone(): boolean {
    if (this.sender) return this.sender.destroyed;
    return this.response.destroyed || (this.response.socket ?? this.request.socket).destroyed;
  }

  /** Whether the response stands behind another one of its connection. */
  get isWaiting(): boolean {
    return !this.sender && !this.response.socket;
  }

  /** Also again, where an interceptor subscribes a second time. */
  beginAnswer(): void {
    this.isComplete = false;
  }

  /** The handler has brought its answer to its own end: what is left is the way to the client. */
  completeAnswer(): void {
    this.isComplete = true;
  }

  /** One that promised its length is left alone too: it comes whole, or its client sees that it does not. */
  get isWritten(): boolean {
    return this.isLeaving || isEnded(this.response) || isLengthPromised(this.response);
  }

  /** Behind a subscription's handler an interceptor may go on, with events of its own or by polling: it is asked to reconnect. */
  private get isLeaving(): boolean {
    return this.isComplete && (this.kind === 'finite' || needsDrain(this.response));
  }

  /** What is written in this turn leaves in one system call. HTTP/2 sees to that itself. */
  gatherWrites(): void {
    const { socket } = this.response;
    if (!socket || this.http2) return;
    // Not `response.cork()`: Node 24 then sends the end before what it has held back.
    socket.cork();
    // And no longer: where the end waits for a reader that lags, the reader would wait for it.
    setImmediate(() => socket.uncork());
  }

  /**
   * Whether a response that is closed had its last bytes sent. One that was destroyed on the way may say
   * `writableFinished` too: Nest ends what it has dropped, and keeps its socket then; Node calls back the
   * writes that a destroyed connection still held. A connection that is closed behind a whole answer has
   * finished first.
   */
  get isDelivered(): boolean {
    if (this.http2) return this.http2.writableFinished && !this.http2.rstCode;
    const connection = this.connection;
    const isBroken = connection?.destroyed === true && !connection.writableFinished;
    return !isBroken && this.hasLeft;
  }

  private get hasLeft(): boolean {
    const { response } = this;
    if (this.sender) return currentAnswer(this.sender) !== response;
    return response.writableFinished && !response.socket;
  }

  progress(): StreamProgress {
    if (!this.connection || this.bytesBefore === undefined) return {};
    // What waits for the client has not left.
    const left = this.connection.bytesWritten - this.connection.writableLength;
    return { bytes: Math.max(0, left - this.bytesBefore - this.uncounted) };
  }

  /** What is written here is no progress of the stream. */
  writeUncounted(write: () => void): void {
    const connection = this.connection;
    const before = connection?.bytesWritten ?? 0;
    write();
    this.uncounted += (connection?.bytesWritten ?? 0) - before;
  }

  private get http2(): ServerHttp2Stream | undefined {
    return this.connection ? undefined : http2StreamOf(this.response);
  }
}

/** An answer that is not just what the handler returns: the handler runs in it, or not at all. */
export interface Answerer {
  /** Undefined where the request was not admitted. */
  readonly stream: HttpStream | undefined;
  answer(run: (run: HandlerRun) => unknown): unknown;
}

/** What the guard decided about a request, for the handler and its parameters to find. */
export type Decision = HttpStream | Answerer;

const decisions = Attachment.shared<Decision>('Decision');
/** How often the guard has run for a request, where it runs twice. */
const guardRuns = Attachment.shared<number>('GuardRuns');

export function decide(request: object, decision: Decision): void {
  const stream = streamIn(decision);
  if (stream && !stream.isReleased) decisions.hold(request, decision);
  else decisions.set(request, decision);
}

/** The stream of the request is released. Its handler may not have begun yet, and then finds the decision. */
export function forget({ request, isHandled }: HttpTransport): void {
  decisions.drop(request, !isHandled);
}

/** @returns how often the guard has now run for a request */
export function countRun(request: object): number {
  const runs = (guardRuns.of(request) ?? 0) + 1;
  guardRuns.set(request, runs);
  return runs;
}

/** @param request Express' request, or Fastify's; undefined when a handler is called directly. */
export function decisionOf(request: unknown): Decision | undefined {
  const isRequest = typeof request === 'object' && request !== null;
  return isRequest ? decisions.of(request) : undefined;
}

/** The stream that a request was admitted as; undefined where it was not. */
export function streamOf(request: unknown): HttpStream | undefined {
  const decision = decisionOf(request);
  return decision && streamIn(decision);
}

/** The stream that was decided about; undefined where the request was not admitted. */
export function streamIn(decision: Decision): HttpStream | undefined {
  return isAnswerer(decision) ? decision.stream : decision;
}

export function isAnswerer(decision: Decision): decision is Answerer {
  return 'answer' in decision;
}
