import type { Server as NetServer, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { expectParts, requireParts } from './internals.js';
import type { MicroserviceServer } from './nest-microservices.js';

/** The parts of Nest's TCP server that its type does not declare, or not as public. */
interface TcpServer {
  unwrap(): NetServer;
  readonly socketClass: { readonly prototype: object };
}

/**
 * The listener of a TCP microservice, and the event by which it brings the sockets that Nest reads from.
 * @throws UnknownInternalError when there is no listener; warns when messages do not name their socket.
 */
export function tcpListenerOf(server: MicroserviceServer): {
  listener: NetServer;
  event: 'connection' | 'secureConnection';
} {
  const owner = `The microservice's ${server.constructor.name}`;
  const without = 'the drain cannot end the connections of the TCP microservice';
  requireParts(server, { owner, parts: ['unwrap', 'socketClass'], without });
  const { socketClass } = server as unknown as TcpServer;
  expectParts(socketClass.prototype, {
    owner: 'The socket class of the TCP microservice',
    parts: ['netSocket'],
    without:
      'the drain does not know which connection waits for a reply, and ends all of them when it closes',
  });
  const listener = (server as unknown as TcpServer).unwrap();
  // Under TLS, Nest reads from the socket that comes out of the handshake.
  const event = listener instanceof TlsServer ? 'secureConnection' : 'connection';
  return { listener, event };
}

/** Nest hands a message over with its own wrapper of the socket. */
export function netSocketOf(source: unknown): Socket | undefined {
  return (source as { netSocket?: Socket } | undefined)?.netSocket;
}
