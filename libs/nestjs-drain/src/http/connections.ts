import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { listenFirst, sharedListener } from '../compat/look.js';
import { seeFirst } from '../compat/request-front.js';
import { requestName } from '../compat/request-name.js';
import { http2StreamOf } from '../compat/response.js';
import { type CountedWork, enterWork } from '../compat/work-context.js';
import type { Drain } from '../core/drain.js';
import { quietly } from '../core/quietly.js';
import { IdleGate, type InFlight } from '../core/in-flight.js';
import { markLastAnswer } from '../core/stream-registry.js';
import type { DrainPhase } from '../core/phase.js';
import type { Listener } from '../core/shutdown.js';
import { type Rest, restsNow, stopListening } from '../compat/node.js';
import {
  type Connection,
  Http1Connection,
  Http2Connection,
  UpgradedConnection,
} from './connection.js';
import { KeepAlive, settle } from './keep-alive.js';
import { watchSockets } from './sockets.js';
import { endWhenStalled } from './stalled-body.js';
import { Timers } from './timers.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** In which a connection that is destroyed tells of its close; one of HTTP/2 takes the longest. */
const turnsToClose = 6;

type CloseListener = (this: Socket) => void;

/** A request that came while the process shuts down, as the code that it runs can ask for it. */
class RequestWork implements CountedWork {
  constructor(
    private readonly response: ServerResponse,
    private readonly requests: InFlight,
  ) {}

  get name(): string {
    return requestName(this.response);
  }

  excuse(): void {
    this.requests.excuse(this.response);
  }
}

/**
 * The connections of one server: which answers are under way on each, which clients are notified, and
 * when each is closed. While serving it follows no answer that Node remembers (law 9).
 */
export class Connections implements Listener {
  readonly #connections = new Map<Socket, Connection>();
  readonly #idle = new IdleGate();
  readonly #timers: Timers;
  readonly #keepAlive: KeepAlive;
  #accepted = 0;
  /** Whether all answers are followed, and not only those that Node does not show. */
  #followsAll: boolean;
  #isStopping = false;

  constructor(
    private readonly server: Server,
    private readonly drain: Drain,
    private readonly rests: () => Rest = restsNow,
  ) {
    this.#followsAll = drain.isShuttingDown;
    this.#timers = new Timers(drain.clock);
    this.#keepAlive = new KeepAlive(drain, this.#timers);
    watchSockets(server, {
      opened: (socket, connection) => this.#track(socket, connection),
      secured: (socket) => this.#forgetHandshake(socket),
      upgraded: (socket) => this.#trackUpgraded(socket),
    });
    seeFirst(server, this.#onRequest);
    drain.requests.askFor(() => this.#answers());
    drain.events.on('phaseChanged', ({ phase }) => this.#onPhase(phase));
  }

  /** Stops listening, ends what is idle, waits for the others, destroys what outstays its bound. */
  async stop(deadline: number): Promise<void> {
    await this.#allAccepted();
    stopListening(this.server);
    // What the kernel has already received is read, and so no longer idle, one turn later.
    await turn();
    this.#isStopping = true;
    this.#followShown();
    this.#each((connection) => this.#end(connection));
    this.#timers.at(deadline, () => void this.#destroyAll());
    if (this.#connections.size > 0) await this.#idle.whenIdle();
    this.#timers.cancelAll();
  }

  /** Application code may have replaced what destroys one, or removed the listener that hears of its close (law 7). */
  async #destroyAll(): Promise<void> {
    this.#each((connection) => quietly(() => connection.destroy()));
    for (let passed = 0; passed < turnsToClose; passed += 1) await turn();
    for (const socket of this.#connections.keys()) this.#onClose(socket);
  }

  #onPhase(phase: DrainPhase): void {
    if (phase === 'serving') return this.#reopen();
    this.#followShown();
    if (phase === 'lameDuck') this.#each((connection) => connection.announceClose());
    if (phase === 'draining') this.#each((connection) => this.#drain(connection));
  }

  #drain(connection: Connection): void {
    this.#keepAlive.promise(connection);
    for (const response of connection.answers) endWhenStalled(response, this.#timers);
  }

  #reopen(): void {
    this.#followsAll = false;
    this.#timers.cancelAll();
    this.#each((connection) => this.#keepAlive.release(connection));
  }

  #each(task: (connection: Connection) => void): void {
    for (const connection of this.#connections.values()) task(connection);
  }

  /** Under way, besides those that are streams. */
  *#answers(): Iterable<ServerResponse> {
    const streams = new Set([...this.drain.streams].map(({ transport }) => transport.work));
    for (const { answers } of this.#connections.values()) {
      for (const answer of answers) if (!streams.has(answer)) yield answer;
    }
  }

  /**
   * One for all, or each connection would hold its own, and what that one sees. What stands in for a socket, such as a Proxy,
   * does not emit itself: then those that are destroyed are meant.
   */
  readonly #onAnyClose: CloseListener = sharedListener((emitter) => {
    if (this.#connections.has(emitter)) this.#onClose(emitter);
    else for (const socket of this.#connections.keys()) if (socket.destroyed) this.#onClose(socket);
  });

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connectionOf(request);
    const { requests, isShuttingDown } = this.drain;
    if (this.#followsAll || !connection.shows(response)) this.#follow(connection, response);
    if (!isShuttingDown) return;
    // Not before: a context for each request is dear, on Node 24 too (law 9).
    enterWork(new RequestWork(response, requests));
    this.#answerLast(connection, request, response);
  };

  /**
   * From the beginning of the shutdown on it matters when an answer ends. What Node shows is looked at again in each phase:
   * not every request comes by here, such as those for which the application listens to `checkContinue`.
   */
  #followShown(): void {
    if (!this.#followsAll) this.#noteRest();
    this.#followsAll = true;
    this.#each((connection) => this.#followAnswersOf(connection));
  }

  #noteRest(): void {
    const now = this.drain.clock.now();
    const restOf = this.rests();
    for (const [socket, connection] of this.#connections) {
      const rest = restOf(socket);
      if (rest !== undefined) connection.idleSince = Math.max(connection.idleSince, now - rest);
    }
  }

  #followAnswersOf(connection: Connection): void {
    for (const answer of connection.answers) this.#follow(connection, answer);
  }

  #follow(connection: Connection, answer: ServerResponse): void {
    if (!connection.follow(answer)) return;
    listenFirst(answer, 'close', () => this.#onAnswered(connection, answer));
  }

  /** The answer notifies the client. */
  #answerLast(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    if (this.drain.requests.isClosed) this.drain.requests.enter(response, connection.isPromised);
    if (connection.isPromised) markLastAnswer(request);
    this.#keepAlive.release(connection);
    connection.announceClose();
    if (this.drain.phase !== 'lameDuck') endWhenStalled(response, this.#timers);
  }

  #onAnswered(connection: Connection, response: ServerResponse): void {
    connection.finish(response);
    connection.idleSince = this.drain.clock.now();
    const { requests, isShuttingDown } = this.drain;
    if (this.#isStopping) this.#end(connection);
    else if (isShuttingDown) this.#keepAlive.rest(connection);
    if (requests.isClosed) requests.leave(response);
  }

  #connectionOf(request: IncomingMessage): Connection {
    const known = this.#connections.get(request.socket);
    if (known) return known;
    const session = http2StreamOf(request)?.session;
    return (session && Http2Connection.of(session)) ?? this.#adopt(request.socket);
  }

  /** A socket that was not accepted by this server but given to it. */
  #adopt(socket: Socket): Connection {
    const connection = new Http1Connection(socket);
    // Of HTTP/2 this is Node's stand-in for the socket, which emits nothing itself and can be asked nothing behind its close.
    this.#track(socket, connection, () => this.#onClose(socket));
    return connection;
  }

  #track(socket: Socket, connection: Connection, heard: CloseListener = this.#onAnyClose): void {
    const isKnown = this.#connections.has(socket);
    connection.idleSince = this.drain.clock.now();
    this.#connections.set(socket, connection);
    this.#accepted += 1;
    // Not `once`, which costs a wrapper: a socket closes once anyway.
    if (!isKnown) listenFirst(socket, 'close', heard);
    if (this.#isStopping) this.#destroyIdle(connection);
  }

  /** Its server ends it, unless the adapter of its gateway claims it. */
  #trackUpgraded(socket: Socket): void {
    const before = this.#connections.get(socket);
    if (before) {
      this.#keepAlive.release(before);
      this.#followAnswersOf(before);
      before.leaveHttp();
    }
    this.#track(socket, new UpgradedConnection(socket, before));
    this.drain.upgrades.add(socket, () => this.#leave(socket));
  }

  #onClose(socket: Socket): void {
    const connection = this.#connections.get(socket);
    this.drain.upgrades.delete(socket);
    if (!connection) return;
    this.#keepAlive.release(connection);
    const { requests } = this.drain;
    // Node 20 closes no response that was pipelined behind another when the socket goes.
    for (const response of requests.isClosed ? connection.answers : []) requests.leave(response);
    this.#forget(socket);
  }

  #forgetHandshake(socket: Socket): void {
    const handshake = this.#connections.get(socket);
    if (handshake) this.#keepAlive.release(handshake);
    this.#leave(socket);
  }

  /** It is open, and none of these connections any more: its close means nothing here. */
  #leave(socket: Socket): void {
    socket.off('close', this.#onAnyClose);
    this.#forget(socket);
  }

  #forget(socket: Socket): void {
    this.#connections.delete(socket);
    if (this.#connections.size === 0) this.#idle.notify();
  }

  /**
   * Connections that wait in the kernel's queue would be reset with the listener. Node accepts one a
   * turn, so this goes on until a turn brings none; it is bounded, because others may go on coming.
   */
  async #allAccepted(): Promise<void> {
    const limit = this.#soon;
    let accepted: number;
    do {
      accepted = this.#accepted;
      // The first may come before the kernel is asked.
      await turn();
      await turn();
    } while (accepted !== this.#accepted && this.drain.clock.now() < limit);
  }

  /** A client that has just connected, or just had an answer, may be sending a request. */
  #end(connection: Connection): void {
    const { idleSince } = connection;
    const isResting = (): boolean => connection.isIdle && connection.idleSince === idleSince;
    if (!isResting() || idleSince + settle <= this.drain.clock.now()) this.#endNow(connection);
    else {
      this.#timers.at(idleSince + settle, () => {
        if (isResting()) this.#endNow(connection);
      });
    }
  }

  #endNow(connection: Connection): void {
    connection.end();
    if (connection.isIdle) this.#destroyIdle(connection);
  }

  /** A client has `flushTimeout` to finish the request it may have begun, or to leave. */
  #destroyIdle(connection: Connection): void {
    this.#timers.at(this.#soon, () => {
      if (connection.isIdle) quietly(() => connection.destroy());
    });
  }

  get #soon(): number {
    return this.drain.clock.now() + this.drain.options.flushTimeout * 1000;
  }
}
