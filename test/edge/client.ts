import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Flavour } from './flavour.js';
import { Http1Client } from './http1-client.js';
import { Http2Client } from './http2-client.js';

export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request and what came back. */
export interface Exchange {
  readonly head: Promise<Head>;
  /** Resolves once the body so far contains this text. */
  reads(text: string): Promise<void>;
  /** Everything that came, when nothing more will. */
  readonly done: Promise<Answer>;
  /** More of the request's body. */
  write(text: string): void;
  end(): void;
  /** The client goes away. */
  leave(): void;
}

export interface Answer extends Head {
  readonly body: string;
  /** Whether it came to its proper end: its length, its last chunk, END_STREAM. */
  readonly isComplete: boolean;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a body, the caller writes it. */
  readonly hasBody?: boolean;
}

/** One client connection. */
export interface Client {
  request(path: string, options?: RequestOptions): Exchange;
  /** How the server ended it: `FIN`, `reset`, or `GOAWAY` before either. */
  readonly closed: Promise<string>;
  destroy(): void;
}

export interface ConnectOptions {
  readonly host?: string;
  /** A half-open client keeps its own side open when the server ends. */
  readonly allowHalfOpen?: boolean;
}

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
