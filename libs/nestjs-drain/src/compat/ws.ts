import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { wholeSeconds } from '../core/duration.js';
import { expectParts } from './internals.js';
import { ignoreLaterBytes } from './response.js';

/** A WebSocket client as the drain sees it, whatever library serves it. */
export interface SocketClient {
  /** Ends it with a close handshake; what was sent before leaves before. */
  close(code: number, reason: string): void;
  destroy(): void;
  /** @param listener called with whether the handshake was complete. */
  onceClosed(listener: (isClean: boolean) => void): void;
}

/** The part of a ws WebSocket that is used. */
export interface WebSocket extends EventEmitter {
  close(code: number, reason: string): void;
  terminate(): void;
}

export interface HandshakeGate {
  /** Asked for each new client: the seconds of `Retry-After`, or undefined to let it in. */
  refusal(): number | undefined;
  /** The gateway has the socket from here on, and ends it. */
  admitted(socket: Duplex): void;
}

/** What takes WebSocket handshakes: a ws server, or the engine under a socket.io server. */
export interface HandshakeServer {
  handleUpgrade(request: IncomingMessage, socket: Duplex, ...rest: unknown[]): unknown;
}

/** The code by which ws names a close without a close frame. */
export const ABNORMAL_CLOSE = 1006;

/** Whether it is a client of ws, or of a library that is like it; warns if it is not. */
export function isWebSocket(client: object): client is WebSocket {
  return expectParts(client, {
    owner: `A WebSocket client (${client.constructor.name})`,
    parts: ['close', 'terminate', 'once'],
    without:
      'the drain cannot see the clients of this adapter; it neither waits for them nor closes them',
  });
}

export class WebSocketClient implements SocketClient {
  constructor(private readonly socket: WebSocket) {}

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  destroy(): void {
    this.socket.terminate();
  }

  onceClosed(listener: (isClean: boolean) => void): void {
    this.socket.once('close', (code: number) => listener(code !== ABNORMAL_CLOSE));
  }
}

/** Refuses new clients of a ws server with 503 before the handshake; warns where it cannot. */
export function refuseHandshakes(server: object, gate: HandshakeGate): void {
  const isKnown = expectParts(server, {
    owner: 'The WebSocket server',
    parts: ['handleUpgrade'],
    without:
      'the drain cannot refuse its new clients with 503, and closes them after their handshake instead',
  });
  if (isKnown) guardUpgrades(server as HandshakeServer, gate, () => true);
}

/** @param isNew whether the upgrade begins a session. One that goes on is not refused. */
export function guardUpgrades(
  server: HandshakeServer,
  gate: HandshakeGate,
  isNew: (request: IncomingMessage) => boolean,
): void {
  const upgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (request, socket, ...rest) => {
    const retryAfter = isNew(request) ? gate.refusal() : undefined;
    if (retryAfter !== undefined) return refuseSocket(socket, retryAfter);
    return upgrade(request, socket, ...claiming(rest, () => gate.admitted(socket)));
  };
}

/** ws calls back when its handshake is complete. engine.io has no callback, and bounds its handshakes. */
function claiming(rest: unknown[], claim: () => void): unknown[] {
  const callback = rest.at(-1);
  if (typeof callback === 'function') {
    const complete = (...args: unknown[]): unknown => {
      claim();
      return (callback as (...args: unknown[]) => unknown)(...args);
    };
    return [...rest.slice(0, -1), complete];
  }
  claim();
  return rest;
}

/** Answers a handshake with 503, and closes its socket. What is still written to it is dropped. */
export function refuseSocket(socket: Duplex, retryAfter: number): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const lines = [
    'Connection: close',
    `Retry-After: ${wholeSeconds(retryAfter)}`,
    'Content-Length: 0',
  ];
  socket.end(`HTTP/1.1 503 Service Unavailable\r\n${lines.join('\r\n')}\r\n\r\n`);
  ignoreLaterBytes(socket);
}
