import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A real client of a gateway, by whichever library. */
export interface SocketClient {
  /** Rejects with the status of a refused handshake in its message. */
  readonly opened: Promise<void>;
  send(event: string): void;
  /** The data of the next reply with this event. */
  reply(event: string): Promise<unknown>;
  /** With the code of the WebSocket's close frame. */
  readonly closed: Promise<Closed>;
  /** Goes away. */
  end(): void;
}

export function wsClient(url: string, path: string): SocketClient {
  const socket = new WebSocket(url.replace('http', 'ws') + path);
  socket.on('error', () => undefined);
  const closed = new Promise<Closed>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return {
    opened: once(socket, 'open').then(() => undefined),
    closed,
    send: (event) => socket.send(JSON.stringify({ event, data: {} })),
    reply: (event) =>
      new Promise((resolve) => {
        const onMessage = (bytes: Buffer): void => {
          const message = JSON.parse(bytes.toString()) as { event: string; data: unknown };
          if (message.event !== event) return;
          socket.off('message', onMessage);
          resolve(message.data);
        };
        socket.on('message', onMessage);
      }),
    end: () => socket.terminate(),
  };
}

export function socketIoClient(
  url: string,
  path: string,
  transports = ['websocket'],
): SocketClient & { readonly socket: Socket } {
  const socket = io(url, { path, transports, forceNew: true, reconnection: false });
  const closed = new Promise<Closed>((resolve) => {
    socket.once('disconnect', (why, details) => {
      const context = (details as { context?: Closed } | undefined)?.context;
      resolve({ code: context?.code ?? 0, reason: context?.reason ?? why });
    });
  });
  return {
    socket,
    opened: new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', (error) => {
        const { description } = error as { description?: { message?: string } | number };
        const status = typeof description === 'object' ? description.message : description;
        reject(new Error(String(status)));
      });
    }),
    closed,
    send: (event) => socket.emit(event, {}),
    reply: (event) => new Promise((resolve) => socket.once(event, resolve)),
    end: () => socket.disconnect(),
  };
}
