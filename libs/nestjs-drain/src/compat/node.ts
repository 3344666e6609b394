import { ServerResponse, type IncomingMessage } from 'node:http';
import { Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { behindSymbol } from './internals.js';

// Every touch of what Node does not document. `unseenOfNode` says at start what this Node hides.

/**
 * Calls back with the headers of a response before they are written, and lets it set
 * `Connection: close`. Every header ends up in `writeHead`, also what a framework insists on (Nest's
 * `@Sse()` sets keep-alive).
 * @param isLast asked at the last moment: whether no pipelined request waits behind this response.
 */
export function announceCloseInHeaders(response: ServerResponse, isLast: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    if (!isLast()) return writeHead(...args);
    response.setHeader('Connection', 'close');
    const headers = args.at(-1);
    if (typeof headers === 'object' && headers !== null) {
      args[args.length - 1] = withoutConnection(headers);
    }
    return writeHead(...args);
  };
}

/**
 * Node closes the socket right behind a response with `Connection: close`. If the client is still
 * sending its body, what comes next is answered with a reset, and a reset may overtake the response.
 * So only our side ends, and the rest of the body is read and dropped until the client is done. The
 * server's bounds end a client that never is.
 */
export function lingerWhileReceiving(response: ServerResponse): void {
  response.once('prefinish', () => {
    const { req: request, socket } = response;
    // A connection that the application hands to its server may be any Duplex: Node only ends it.
    if (request.complete || !(socket instanceof Socket)) return;
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      socket.end();
      request.once('end', destroySoon);
      request.resume();
    };
  });
}

interface ServedSocket {
  /** The response that Node is sending; null behind it, and undefined before the first. */
  readonly _httpMessage?: ServerResponse | null;
  /** Null once it is closed. */
  readonly _handle?: { readonly bytesWritten?: number } | null;
}

/** Which answer Node is sending on a connection of HTTP/1.1. Undefined where there is none, and where this Node does not show it. */
export function currentAnswer(socket: Socket): ServerResponse | undefined {
  return (socket as ServedSocket)._httpMessage ?? undefined;
}

/**
 * Bytes that a connection has been sending, or has sent. Each stream asks for it when it begins, and `bytesWritten` adds up
 * all that waits in the buffer besides.
 */
export function bytesDispatched(socket: Socket): number {
  return (socket as ServedSocket)._handle?.bytesWritten ?? socket.bytesWritten;
}

/** A timer, as Node's own code reads it. */
interface StartedTimer {
  readonly _idleStart?: number;
  /** -1 once it is cleared; so it stays on its socket. */
  readonly _idleTimeout?: number;
}

/** Milliseconds since the last answer of a connection has left; undefined before the first. */
export type Rest = (socket: Socket) => number | undefined;

/**
 * As it is now, of connections of HTTP/1.1: Node restarts the timer of a socket with each byte, and behind each answer for
 * `keepAliveTimeout`. 0 where this Node does not show it, or no timer runs: the answer may just have left.
 */
export function restsNow(): Rest {
  const now = timersNow();
  return (socket) => {
    if ((socket as ServedSocket)._httpMessage === undefined) return undefined;
    const timer = behindSymbol(socket, 'timeout') as StartedTimer | null | undefined;
    const started = timer?._idleTimeout === -1 ? undefined : timer?._idleStart;
    return now === undefined || started === undefined ? 0 : Math.max(0, now - started);
  };
}

/** By the clock of Node's timers: ms, and read once for each turn of the event loop. */
function timersNow(): number | undefined {
  const timer = setTimeout(() => undefined, 1);
  clearTimeout(timer);
  return (timer as StartedTimer)._idleStart;
}

/** Node's own list of the parsers of a server, from which `requestTimeout` and `closeIdleConnections()` work. */
interface Parsers {
  /** Those that read a request, or have read none yet. */
  active?(): readonly object[];
}

interface ParsedSocket {
  readonly parser?: object | null;
  readonly server?: object;
}

/**
 * Whether a request is arriving that has not been announced, or not wholly read. Where this Node does not say it, one
 * may be.
 */
export function isReceiving(socket: Socket): boolean {
  const { parser, server } = socket as ParsedSocket;
  // A new connection passes for busy too, which may never send anything (`headersTimeout`).
  return socket.bytesRead > 0 && (!parser || !server || isReading(parser, server));
}

/** By their server, for as long as no parser reads: a thousand connections ask at once. */
const readingParsers = new WeakMap<object, ReadonlySet<object> | 'hidden'>();

/** Node lists the others too, but those are all that are open: thousands of streams end in as many turns. */
function isReading(parser: object, server: object): boolean {
  const known = readingParsers.get(server) ?? readingParsersOf(server);
  return known === 'hidden' || known.has(parser);
}

function readingParsersOf(server: object): ReadonlySet<object> | 'hidden' {
  const parsers = behindSymbol(server, 'http.server.connections') as Parsers | undefined;
  const active = parsers?.active?.();
  const reading = active ? new Set(active) : 'hidden';
  readingParsers.set(server, reading);
  process.nextTick(() => readingParsers.delete(server));
  return reading;
}

/** Node pushes each part of a body that arrives. A listener for `data` would start the reading. */
export function onBodyProgress(request: IncomingMessage, listener: () => void): void {
  const push = request.push.bind(request);
  request.push = (...chunk) => {
    listener();
    return push(...chunk);
  };
}

/** `http.Server#close` would also destroy idle sockets, and with them a request on its way. */
export function stopListening(server: Server): void {
  const close = (): unknown => Server.prototype.close.call(server);
  if (server.listening) close();
  // A signal may come before listen() has finished.
  else server.once('listening', close);
}

/** The socket under a TLS socket; undefined where this Node does not show it. */
export function rawSocketOf(socket: TLSSocket): Socket | undefined {
  return (socket as { _parent?: Socket })._parent;
}

/**
 * Sends a RST. Below TLS it is that of the socket under it, which Node does not reset by itself. A Unix socket has none: Node
 * throws there, and it is only destroyed.
 */
export function resetSocket(socket: Socket): void {
  const raw = socket instanceof TLSSocket ? rawSocketOf(socket) : socket;
  if (!(raw instanceof Socket) || raw.destroyed) return;
  try {
    raw.resetAndDestroy();
  } catch {
    raw.destroy();
  }
}

/**
 * What this Node hides from the drain, a sentence each with its consequence. Empty as a rule.
 * @param serves whether the server speaks TLS.
 */
export function unseenOfNode(serves: { readonly tls: boolean }): string[] {
  const unseen: string[] = [];
  if (!showsHeaders()) {
    unseen.push(
      'It does not write headers by `writeHead`: answers cannot say `Connection: close`.',
    );
  }
  if (serves.tls && !showsRawSocket()) {
    unseen.push(
      'It does not show the socket under a TLS socket: a TLS client that never finishes its handshake can hold ' +
        'app.close() until `exitTimeout`.',
    );
  }
  return unseen;
}

function showsHeaders(): boolean {
  const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} };
  const response = new ServerResponse(request as unknown as IncomingMessage);
  let isShown = false;
  response.writeHead = () => {
    isShown = true;
    return response;
  };
  response.flushHeaders();
  return isShown;
}

function showsRawSocket(): boolean {
  const raw = new Socket();
  const isShown = rawSocketOf(new TLSSocket(raw)) === raw;
  raw.destroy();
  return isShown;
}

function withoutConnection(headers: object): object {
  const isConnection = (name: unknown): boolean => String(name).toLowerCase() === 'connection';
  if (!Array.isArray(headers)) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isConnection(name)));
  }
  // The flat form: name, value, name, value …
  const flat = headers as unknown[];
  return flat.filter((_, index) => !isConnection(flat[index - (index % 2)]));
}
