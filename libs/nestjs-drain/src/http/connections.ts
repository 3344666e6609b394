import { Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Session } from 'node:http2';
import { Server, type Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Drain } from '../core/drain.js';
import type { Listener } from '../core/listener.js';
import { Vacancy } from '../core/vacancy.js';
import type { Connection } from './connection.js';
import { Handshake } from './handshake.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';
import { watchUpgrades } from './upgrades.js';

/**
 * The connections of one server, HTTP/1.1 or 2, with or without TLS: which answers are under way on
 * each, and how they end. While serving it only counts.
 */
export class Connections implements Listener {
  /** By their socket, or their HTTP/2 session. */
  readonly #connections = new Map<object, Connection>();
  /** TLS sockets whose handshake is not finished, by the address of their peer. */
  readonly #handshakes = new Map<string, Socket>();
  readonly #vacancy = new Vacancy();
  readonly #bounds: (() => void)[] = [];
  #deadline: number | undefined;

  constructor(
    private readonly server: Server,
    private readonly drain: Drain,
  ) {
    this.#watch();
    drain.events.subscribe((event) => {
      if (event.type !== 'started') return;
      for (const connection of this.#connections.values()) connection.lastCall();
    });
  }

  /** Stops listening, ends what is idle, waits for the others, destroys what outstays its bound. */
  async stop(deadline: number): Promise<void> {
    this.#stopListening();
    // What the kernel has already received is read, and so no longer idle, one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    this.#deadline = deadline;
    for (const connection of this.#connections.values()) this.#conclude(connection);
    this.#at(deadline, () => {
      for (const connection of this.#connections.values()) connection.destroy();
    });
    if (this.#connections.size > 0) await this.#vacancy.wait();
    for (const cancel of this.#bounds) cancel();
  }

  #watch(): void {
    const { server } = this;
    server.prependListener('request', this.#onRequest);
    server.prependListener('session', (session: ServerHttp2Session) =>
      this.#track(session, new Http2Connection(session)),
    );
    watchUpgrades(server, (socket) => this.#forget(socket));
    if (server instanceof TlsServer) {
      server.prependListener('connection', (socket: Socket) => this.#trackHandshake(socket));
      server.prependListener('secureConnection', (socket: TLSSocket) => this.#onSecure(socket));
    } else if (server instanceof HttpServer) {
      server.prependListener('connection', (socket: Socket) => this.#trackSocket(socket));
    }
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connectionOf(request);
    connection.begin(response);
    this.drain.requests.enter(response);
    response.once('close', () => {
      connection.finish(response);
      this.drain.requests.leave(response);
      if (this.#deadline !== undefined && connection.isIdle) this.#conclude(connection);
    });
    if (this.drain.isShuttingDown) connection.lastCall();
  };

  #connectionOf(request: IncomingMessage): Connection {
    const { stream } = request as unknown as Partial<Http2ServerRequest>;
    if (!stream) return this.#trackSocket(request.socket);
    const session = stream.session as ServerHttp2Session;
    return this.#connections.get(session) ?? this.#track(session, new Http2Connection(session));
  }

  #trackSocket(socket: Socket): Connection {
    return this.#connections.get(socket) ?? this.#track(socket, new Http1Connection(socket));
  }

  #trackHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    // Behind a Unix socket peers have no address, and could not be told apart later.
    if (peer === undefined) return;
    this.#handshakes.set(peer, socket);
    this.#track(socket, new Handshake(socket));
    socket.once('close', () => this.#handshakes.delete(peer));
  }

  #onSecure(socket: TLSSocket): void {
    const handshake = this.#handshakes.get(peerOf(socket) ?? '');
    // A connection of HTTP/2 is known by its session, which is made later in this turn.
    if (socket.alpnProtocol !== 'h2') this.#trackSocket(socket);
    if (handshake) queueMicrotask(() => this.#forget(handshake));
  }

  #track(key: Socket | ServerHttp2Session, connection: Connection): Connection {
    this.#connections.set(key, connection);
    key.once('close', () => {
      // Node 20 closes no response that was pipelined behind another when the socket goes.
      for (const response of connection.answers) this.drain.requests.leave(response);
      this.#forget(key);
    });
    if (this.#deadline !== undefined) this.#conclude(connection);
    return connection;
  }

  #forget(key: object): void {
    this.#connections.delete(key);
    if (this.#connections.size === 0) this.#vacancy.announce();
  }

  #stopListening(): void {
    // http.Server#close would also destroy idle sockets, and with them a request on its way.
    const close = (): unknown => Server.prototype.close.call(this.server);
    if (this.server.listening) close();
    // A signal may come before listen() has finished.
    else this.server.once('listening', close);
  }

  /** The client has `flushTimeout` to finish the request it may have begun, or to leave. */
  #conclude(connection: Connection): void {
    connection.end();
    if (!connection.isIdle) return;
    const linger = this.drain.clock.now() + this.drain.options.flushTimeout * 1000;
    this.#at(Math.min(this.#deadline ?? linger, linger), () => {
      if (connection.isIdle) connection.destroy();
    });
  }

  #at(time: number, task: () => void): void {
    const { clock } = this.drain;
    this.#bounds.push(clock.schedule(Math.max(0, time - clock.now()), task));
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
