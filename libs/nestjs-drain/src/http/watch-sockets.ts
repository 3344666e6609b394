import { Server as HttpServer } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import type { Connection } from './connection.js';
import { Handshake } from './handshake.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';
import { watchUpgrades } from './upgrades.js';

/** Who wants to know. */
export interface SocketObserver {
  /** A socket was accepted, or what is spoken on it has become known. */
  opened(socket: Socket, connection: Connection): void;
  /** It is somebody else's from here on. */
  handedOver(socket: Socket): void;
}

/** Tells of every connection of a server: HTTP/1.1 or 2, with or without TLS. */
export function watchSockets(server: Server, observer: SocketObserver): void {
  watchUpgrades(server, (socket) => observer.handedOver(socket));
  if (server instanceof TlsServer) watchTls(server, observer);
  else if (server instanceof HttpServer) {
    server.prependListener('connection', (socket: Socket) =>
      observer.opened(socket, new Http1Connection(socket)),
    );
  } else watchSessions(server, 'connection', observer);
}

function watchTls(server: Server, observer: SocketObserver): void {
  // Node does not show which socket a TLS socket is made of; their peer is the same.
  const handshakes = new Map<string, Socket>();
  server.prependListener('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    // Behind a Unix socket peers have no address.
    if (peer === undefined) return;
    handshakes.set(peer, socket);
    socket.once('close', () => handshakes.delete(peer));
    observer.opened(socket, new Handshake(socket));
  });
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') observer.opened(socket, new Http1Connection(socket));
    const handshake = handshakes.get(peerOf(socket) ?? '');
    // Not before the session is known, if there is to be one.
    if (handshake) queueMicrotask(() => observer.handedOver(handshake));
  });
  watchSessions(server, 'secureConnection', observer);
}

/** Node makes the session of a socket in the turn in which the socket is announced. */
function watchSessions(server: Server, socketEvent: string, observer: SocketObserver): void {
  let newest: Socket;
  server.prependListener(socketEvent, (socket: Socket) => (newest = socket));
  server.prependListener('session', (session: ServerHttp2Session) =>
    observer.opened(newest, new Http2Connection(session, newest)),
  );
}

function peerOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}
