import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { Server, type Socket } from 'node:net';
import { enterWork } from '../compat/work-context.js';
import type { Drain } from '../core/drain.js';
import type { Listener } from '../core/shutdown.js';
import { IdleGate } from '../core/idle-gate.js';
import type { Connection } from './connection.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';
import { watchSockets } from './watch-sockets.js';

/**
 * The connections of one server: which answers are under way on each, and how they end. While
 * serving it only counts.
 */
export class Connections implements Listener {
  readonly #connections = new Map<Socket, Connection>();
  readonly #idle = new IdleGate();
  readonly #bounds = new Set<() => void>();
  /** The clock's ms; set while it stops. */
  #deadline: number | undefined;

  constructor(
    private readonly server: Server,
    private readonly drain: Drain,
  ) {
    watchSockets(server, {
      opened: (socket, connection) => this.#track(socket, connection),
      handedOver: (socket) => this.#forget(socket),
    });
    server.prependListener('request', this.#onRequest);
    drain.events.subscribe((event) => {
      if (event.type !== 'phaseChanged') return;
      if (event.phase === 'lameDuck') this.#each((connection) => connection.announceClose());
      if (event.phase === 'draining') this.#each((connection) => this.#closeToStreams(connection));
    });
  }

  /** Stops listening, ends what is idle, waits for the others, destroys what outstays its bound. */
  async stop(deadline: number): Promise<void> {
    this.#stopListening();
    // What the kernel has already received is read, and so no longer idle, one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    this.#deadline = deadline;
    this.#each((connection) => this.#end(connection));
    this.#at(deadline, () => this.#each((connection) => connection.destroy()));
    if (this.#connections.size > 0) await this.#idle.whenIdle();
    for (const cancel of this.#bounds) cancel();
  }

  #closeToStreams(connection: Connection): void {
    connection.noMore();
    // Whoever was silent during the whole lame duck could not be told by an answer. Its next request
    // might be a stream, and refused. Without a lame duck there was no time to be told.
    if (this.drain.propagationDelay > 0) connection.end();
  }

  #each(task: (connection: Connection) => void): void {
    for (const connection of this.#connections.values()) task(connection);
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connectionOf(request);
    connection.begin(response);
    const { requests, isShuttingDown } = this.drain;
    requests.enter(response);
    const name = `${request.method} ${request.url}`;
    enterWork({ name, excuse: () => requests.excuse(response) }, isShuttingDown);
    // Not `once`, which costs every request a wrapper: a response closes once anyway.
    response.on('close', () => {
      connection.finish(response);
      this.drain.requests.leave(response);
      if (this.#deadline !== undefined) this.#end(connection);
      else if (connection.isTold) this.#endIdle(connection);
    });
    if (this.drain.isShuttingDown) connection.announceClose();
  };

  #connectionOf(request: IncomingMessage): Connection {
    const { stream } = request as unknown as Partial<Http2ServerRequest>;
    const session = stream?.session && Http2Connection.of(stream.session);
    return session ?? this.#connections.get(request.socket) ?? this.#adopt(request.socket);
  }

  /** A socket that was not accepted by this server but given to it. */
  #adopt(socket: Socket): Connection {
    const connection = new Http1Connection(socket);
    this.#track(socket, connection);
    return connection;
  }

  #track(socket: Socket, connection: Connection): void {
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      // Node 20 closes no response that was pipelined behind another when the socket goes.
      for (const response of connection.answers) this.drain.requests.leave(response);
      this.#forget(socket);
    });
    if (this.#deadline !== undefined) this.#destroyIdle(connection);
  }

  #forget(socket: Socket): void {
    this.#connections.delete(socket);
    if (this.#connections.size === 0) this.#idle.notify();
  }

  #stopListening(): void {
    // http.Server#close would also destroy idle sockets, and with them a request on its way.
    const close = (): unknown => Server.prototype.close.call(this.server);
    if (this.server.listening) close();
    // A signal may come before listen() has finished.
    else this.server.once('listening', close);
  }

  #end(connection: Connection): void {
    connection.end();
    if (connection.isIdle) this.#destroyIdle(connection);
  }

  /** A client that was told has `flushTimeout` to leave by itself: a request may be on its way. */
  #endIdle(connection: Connection): void {
    this.#at(this.#soon, () => {
      if (connection.isIdle) connection.end();
    });
  }

  /** A client has `flushTimeout` to finish the request it may have begun, or to leave. */
  #destroyIdle(connection: Connection): void {
    this.#at(Math.min(this.#deadline ?? Infinity, this.#soon), () => {
      if (connection.isIdle) connection.destroy();
    });
  }

  get #soon(): number {
    return this.drain.clock.now() + this.drain.options.flushTimeout * 1000;
  }

  #at(time: number, task: () => void): void {
    const { clock } = this.drain;
    const cancel = clock.schedule(Math.max(0, time - clock.now()), () => {
      this.#bounds.delete(cancel);
      task();
    });
    this.#bounds.add(cancel);
  }
}
