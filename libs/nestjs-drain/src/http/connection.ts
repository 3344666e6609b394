import type { ServerResponse } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import {
  announceCloseInHeaders,
  currentAnswer,
  isReceiving,
  lingerWhileReceiving,
} from '../compat/node.js';
import { breakOff, isHeadSent } from '../compat/response.js';

/** One client connection: the answers under way on it, and how it ends without losing any. */
export abstract class Connection {
  /** Made for the first one: every open connection would hold an empty set. */
  #followed: Set<ServerResponse> | undefined;

  /** Under way, in the order in which their requests came. */
  get answers(): readonly ServerResponse[] {
    return [...(this.#followed ?? [])];
  }
  /**
   * Kept alive and not notified when the draining began: its next request is answered, and that answer
   * notifies the client (law 11).
   */
  isPromised = false;
  /** The clock's ms at which the client came, or had its last answer. To be asked once the shutdown has begun. */
  idleSince = 0;

  get isIdle(): boolean {
    return !this.#followed?.size;
  }

  /** Whether the client knows that it should leave, or learns it from the answer under way. */
  abstract get isNotified(): boolean;

  /** Whether it knows of an answer that it does not follow. */
  shows(_answer: ServerResponse): boolean {
    return false;
  }

  /** @returns whether it is new */
  follow(answer: ServerResponse): boolean {
    this.#followed ??= new Set();
    const isNew = !this.#followed.has(answer);
    this.#followed.add(answer);
    return isNew;
  }

  finish(answer: ServerResponse): void {
    this.#followed?.delete(answer);
  }

  /** Its socket is upgraded: what is sent on it from here on is none of its answers. */
  leaveHttp(): void {
    // It knows only what it follows.
  }

  /** The process is shutting down: the answers under way notify the client, as far as they can. */
  abstract announceClose(): void;
  /** Nothing more is wanted of this client. What it has under way still leaves. */
  abstract end(): void;
  /** Breaks it off: what is under way is lost, and must look lost. */
  abstract destroy(): void;
}

/**
 * A connection of HTTP/1.1, in the clear or inside TLS. It notifies by `Connection: close`. Node keeps on it the answer
 * that it is sending, so only those that wait behind that one, pipelined, are followed while serving. Thousands are open
 * at once, so it has no private method, for which each would carry a mark.
 */
export class Http1Connection extends Connection {
  /** Made when the shutdown begins: every open connection would hold an empty one. */
  #announcing: WeakSet<ServerResponse> | undefined;
  #isNotified = false;
  #hasLeftHttp = false;

  constructor(private readonly socket: Socket) {
    super();
  }

  override get answers(): readonly ServerResponse[] {
    const current = this.current;
    const followed = super.answers;
    return current ? [current, ...followed.filter((answer) => answer !== current)] : followed;
  }

  override get isIdle(): boolean {
    return super.isIdle && !this.current;
  }

  override leaveHttp(): void {
    this.#hasLeftHttp = true;
  }

  override shows(answer: ServerResponse): boolean {
    return currentAnswer(this.socket) === answer;
  }

  get isNotified(): boolean {
    const newest = this.answers.at(-1);
    return this.#isNotified || (newest !== undefined && this.isAnnouncing(newest));
  }

  announceClose(): void {
    for (const response of this.answers) {
      if (!isHeadSent(response) && !this.isAnnouncing(response)) this.announceIn(response);
    }
  }

  end(): void {
    // Half a request may have come: a FIN now would take away the answer to its other half.
    if (!this.isIdle || isReceiving(this.socket)) return;
    // Behind the FIN no request can be answered, so nothing waits for the FIN of the client: a thousand of them are slow.
    this.socket.end(() => this.socket.destroy());
  }

  destroy(): void {
    const { current } = this;
    if (current) breakOff(current);
    this.socket.destroy();
  }

  private get current(): ServerResponse | undefined {
    return this.#hasLeftHttp ? undefined : currentAnswer(this.socket);
  }

  private isAnnouncing(response: ServerResponse): boolean {
    return this.#announcing?.has(response) ?? false;
  }

  private announceIn(response: ServerResponse): void {
    this.#announcing ??= new WeakSet();
    this.#announcing.add(response);
    const isLast = (): boolean => {
      this.#isNotified = this.answers.at(-1) === response;
      return this.#isNotified;
    };
    announceCloseInHeaders(response, isLast);
    lingerWhileReceiving(response);
  }
}

const http2Connections = new WeakMap<object, Http2Connection>();

/**
 * A connection of HTTP/2. It notifies by GOAWAY. nghttp2 refuses every stream that comes after the
 * GOAWAY which Node can send, whatever last id the frame names. So the GOAWAY leaves while a request is
 * being answered: a client that asks one thing after the other has nothing on its way then, and streams
 * that cross it are refused with REFUSED_STREAM, which a client may repeat (RFC 9113, section 8.7).
 */
export class Http2Connection extends Connection {
  #isEnding = false;

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly socket: Socket,
  ) {
    super();
    http2Connections.set(session, this);
  }

  static of(session: object): Http2Connection | undefined {
    return http2Connections.get(session);
  }

  get isNotified(): boolean {
    return this.#isEnding || this.session.closed || this.session.destroyed;
  }

  announceClose(): void {
    if (!this.isIdle) this.#close();
  }

  end(): void {
    this.#close();
  }

  /** Not within a callback of the session, such as the one with a request: Node's memory is corrupted then, and it aborts. */
  #close(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    setImmediate(() => this.session.close());
  }

  destroy(): void {
    // A stream that merely goes with its session ends without an error, and passes for complete.
    for (const answer of this.answers) breakOff(answer);
    // Node drops what the session has not sent yet, and that is what says so.
    setImmediate(() => this.session.destroy());
    // A session is gone before its socket, which waits for a client that may never close its side.
    setImmediate(() => setImmediate(() => this.socket.destroy()));
  }
}

/** A connection whose TLS handshake is not finished: a request may follow it, or nothing ever. */
export class Handshake extends Connection {
  readonly isNotified = false;

  constructor(private readonly socket: Socket) {
    super();
  }

  announceClose(): void {
    // No HTTP yet, so nothing to announce.
  }

  end(): void {
    // It may finish; its bound is enough.
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/**
 * A socket that left HTTP by an upgrade or by CONNECT, and that no adapter has claimed. What is spoken on
 * it is unknown, so the drain does not wait for it.
 */
export class UpgradedConnection extends Connection {
  readonly isNotified = true;

  constructor(
    private readonly socket: Socket,
    /** What it was. Its client may have asked for the upgrade before it had all answers. */
    private readonly before?: Connection,
  ) {
    super();
  }

  override get answers(): readonly ServerResponse[] {
    return this.before?.answers ?? [];
  }

  override get isIdle(): boolean {
    return this.before?.isIdle ?? true;
  }

  announceClose(): void {
    // Its protocol is unknown, so nothing can be announced.
  }

  end(): void {
    if (this.isIdle) this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
