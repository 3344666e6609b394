import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { wholeSeconds } from '../core/duration.js';

/** What takes WebSocket handshakes: a ws server, or the engine under a socket.io server. */
interface Upgrading {
  handleUpgrade(request: IncomingMessage, socket: Duplex, ...rest: unknown[]): unknown;
  /** Only engine.io: long polling. */
  handleRequest?(request: IncomingMessage, response: ServerResponse): unknown;
}

/**
 * Refuses new clients with 503 before the handshake. Sessions that exist go on, polling ones too.
 * @param refusal asked for each new client: the seconds of `Retry-After`, or undefined to let it in.
 */
export function refuseUpgrades(server: unknown, refusal: () => number | undefined): void {
  const upgrading = upgradingOf(server);
  if (!upgrading) return;
  const upgrade = upgrading.handleUpgrade.bind(upgrading);
  upgrading.handleUpgrade = (request, socket, ...rest) => {
    const retryAfter = isNew(request) ? refusal() : undefined;
    if (retryAfter === undefined) return upgrade(request, socket, ...rest);
    refuseSocket(socket, retryAfter);
  };
  if (!upgrading.handleRequest) return;
  const poll = upgrading.handleRequest.bind(upgrading);
  upgrading.handleRequest = (request, response) => {
    const retryAfter = isNew(request) ? refusal() : undefined;
    if (retryAfter === undefined) return poll(request, response);
    response.writeHead(503, { 'Retry-After': wholeSeconds(retryAfter) }).end();
  };
}

function upgradingOf(server: unknown): Upgrading | undefined {
  const { engine, handleUpgrade } = server as Partial<Upgrading> & { engine?: Upgrading };
  if (typeof engine?.handleUpgrade === 'function') return engine;
  return typeof handleUpgrade === 'function' ? (server as Upgrading) : undefined;
}

/** engine.io names its session in the query; a ws handshake has none. */
function isNew({ url = '/' }: IncomingMessage): boolean {
  return !new URL(url, 'http://localhost').searchParams.has('sid');
}

function refuseSocket(socket: Duplex, retryAfter: number): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  const lines = [
    'Connection: close',
    `Retry-After: ${wholeSeconds(retryAfter)}`,
    'Content-Length: 0',
  ];
  socket.end(`HTTP/1.1 503 Service Unavailable\r\n${lines.join('\r\n')}\r\n\r\n`);
}
