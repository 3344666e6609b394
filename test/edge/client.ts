import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Client, ConnectOptions } from './exchange.js';
import type { Flavour } from './flavour.js';
import { Http1Client } from './http1-client.js';
import { Http2Client } from './http2-client.js';

/** A raw connection; with TLS after its handshake. */
export async function connectSocket(
  { tls, version }: Flavour,
  port: number,
  { host = '127.0.0.1', allowHalfOpen = false }: ConnectOptions = {},
): Promise<Socket> {
  const tcp = connectTcp({ host, port, allowHalfOpen });
  const ALPNProtocols = [version === 2 ? 'h2' : 'http/1.1'];
  const socket = tls ? connectTls({ socket: tcp, ALPNProtocols, rejectUnauthorized: false }) : tcp;
  await new Promise((resolve, reject) => {
    socket.once(tls ? 'secureConnect' : 'connect', resolve).once('error', reject);
  });
  return socket;
}

export async function connect(
  flavour: Flavour,
  port: number,
  options?: ConnectOptions,
): Promise<Client> {
  const socket = await connectSocket(flavour, port, options);
  return flavour.version === 2 ? new Http2Client(socket) : new Http1Client(socket);
}

/** How the server ends a raw connection. */
export function closeOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on('error', () => resolve('reset'));
    socket.once('end', () => resolve('FIN'));
    socket.once('close', () => resolve('FIN'));
    socket.resume();
  });
}
