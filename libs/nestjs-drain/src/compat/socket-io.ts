import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { wholeSeconds } from '../core/duration.js';
import { expectParts } from './internals.js';
import {
  ABNORMAL_CLOSE,
  guardUpgrades,
  type HandshakeGate,
  type HandshakeServer,
  type SocketClient,
  type WebSocket,
} from './ws.js';

/** The part of a connection of engine.io, the layer under socket.io's sockets, that is used. */
export interface EngineConnection extends EventEmitter {
  readonly transport: { readonly name: string; readonly socket?: Partial<WebSocket> };
  readonly writeBuffer: readonly unknown[];
  close(discard?: boolean): void;
}

/** The engine of a socket.io server: it takes handshakes, and the requests of long polling. */
interface Engine extends HandshakeServer {
  handleRequest(request: IncomingMessage, response: ServerResponse): unknown;
}

const guarded = new WeakSet();

/** The engine.io connection of a socket.io client, which its namespaces share; undefined for other clients. */
export function engineConnectionOf(client: object): object | undefined {
  const { conn } = client as { conn?: unknown };
  return typeof conn === 'object' && conn !== null ? conn : undefined;
}

export function isEngineConnection(connection: object): connection is EngineConnection {
  return expectParts(connection, {
    owner: 'A connection of engine.io',
    parts: ['transport', 'writeBuffer', 'close', 'once'],
    without: 'the drain cannot see socket.io clients; it neither waits for them nor closes them',
  });
}

/** The engine under a socket.io server or under one of its namespaces; undefined for other servers. */
export function engineOf(server: object): object | undefined {
  type Owner = { engine?: object; server?: { engine?: object } };
  const { engine, server: parent } = server as Owner;
  return engine ?? parent?.engine;
}

/** Refuses new sessions with 503, whether they begin by a WebSocket or by long polling. Others go on. */
export function refuseSessions(engine: object, gate: HandshakeGate): void {
  if (guarded.has(engine)) return;
  guarded.add(engine);
  const isKnown = expectParts(engine, {
    owner: 'The engine of socket.io',
    parts: ['handleUpgrade', 'handleRequest'],
    without:
      'the drain cannot refuse its new clients with 503, and closes them after their handshake instead',
  });
  if (!isKnown) return;
  const known = engine as Engine;
  guardUpgrades(known, gate, isNewSession);
  const poll = known.handleRequest.bind(known);
  known.handleRequest = (request, response) => {
    const retryAfter = isNewSession(request) ? gate.refusal() : undefined;
    if (retryAfter === undefined) return poll(request, response);
    response.writeHead(503, { 'Retry-After': wholeSeconds(retryAfter) }).end();
  };
}

/** engine.io names its session in the query. */
function isNewSession({ url = '/' }: IncomingMessage): boolean {
  return !new URL(url, 'http://localhost').searchParams.has('sid');
}

/**
 * A client of socket.io. It is not disconnected by socket.io's own packet for it, after which clients
 * stay away, but by the end of its connection, after which they reconnect.
 */
export class SocketIoClient implements SocketClient {
  #isClean = true;

  constructor(private readonly connection: EngineConnection) {}

  close(code: number, reason: string): void {
    if (this.connection.writeBuffer.length === 0) this.#close(code, reason);
    else this.connection.once('drain', () => this.#close(code, reason));
  }

  destroy(): void {
    this.connection.close(true);
    this.#webSocket?.terminate();
  }

  onceClosed(listener: (isClean: boolean) => void): void {
    this.connection.once('close', (why: string) => {
      listener(this.#isClean && why !== 'transport error' && why !== 'ping timeout');
    });
  }

  #close(code: number, reason: string): void {
    const socket = this.#webSocket;
    // Polling has no close codes.
    if (!socket) return this.connection.close();
    socket.prependOnceListener('close', (closed: number) => {
      this.#isClean = closed !== ABNORMAL_CLOSE;
    });
    socket.close(code, reason);
  }

  get #webSocket(): WebSocket | undefined {
    const { name, socket } = this.connection.transport;
    const isUsable = name === 'websocket' && typeof socket?.terminate === 'function';
    return isUsable ? (socket as WebSocket) : undefined;
  }
}
