import { Server as HttpServer, type IncomingMessage } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import { rawSocketOf } from '../compat/node.js';
import { Handshake, Http1Connection, Http2Connection, type Connection } from './connection.js';

export interface SocketObserver {
  /** A socket was accepted, or what is spoken on it has become known. */
  opened(socket: Socket, connection: Connection): void;
  /** Its TLS handshake is finished: the TLS socket stands for it from here on. */
  secured(socket: Socket): void;
  /** It left HTTP, by an upgrade or by CONNECT. */
  upgraded(socket: Socket): void;
}

/** Watches every connection of a server: HTTP/1.1 or 2, with or without TLS. */
export function watchSockets(server: Server, observer: SocketObserver): void {
  watchUpgrades(server, 'upgrade', observer);
  watchUpgrades(server, 'connect', observer);
  if (server instanceof TlsServer) watchTls(server, observer);
  else if (server instanceof HttpServer) {
    server.prependListener('connection', (socket: Socket) =>
      observer.opened(socket, new Http1Connection(socket)),
    );
  } else watchSessions(server, 'connection', observer);
}

function watchTls(server: Server, observer: SocketObserver): void {
  server.prependListener('connection', (socket: Socket) =>
    observer.opened(socket, new Handshake(socket)),
  );
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') observer.opened(socket, new Http1Connection(socket));
    const raw = rawSocketOf(socket);
    // Not before the session is known, if there is to be one.
    if (raw) queueMicrotask(() => observer.secured(raw));
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

/**
 * A listener changes what Node does with such requests, so this listens only where the application
 * does, and before it.
 */
function watchUpgrades(
  server: Server,
  event: 'upgrade' | 'connect',
  observer: SocketObserver,
): void {
  const onUpgrade = (_request: IncomingMessage, socket: Socket): void => observer.upgraded(socket);
  const watch = (): unknown => server.prependListener(event, onUpgrade);
  // Not `listenerCount`: Node asks it of each event of a stream, and one more shape of emitter makes that ten times as dear.
  if (server.eventNames().includes(event)) {
    watch();
    return;
  }
  const onNewListener = (added: string): void => {
    if (added !== event) return;
    server.off('newListener', onNewListener);
    watch();
  };
  server.on('newListener', onNewListener);
}
