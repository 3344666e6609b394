import type { EventEmitter } from 'node:events';

/** A client as the drain sees it, whatever library serves it. */
export interface SocketClient {
  /** Ends it with a close handshake; what was sent before leaves before. */
  close(code: number, reason: string): void;
  destroy(): void;
  /** @param listener told whether the handshake was complete. */
  onceClosed(listener: (isClean: boolean) => void): void;
}

/** The part of a ws WebSocket that is used. */
export interface WebSocket extends EventEmitter {
  close(code: number, reason: string): void;
  terminate(): void;
}

/** The part of a connection of engine.io, the layer under socket.io's sockets. */
export interface EngineConnection extends EventEmitter {
  readonly transport: { readonly name: string; readonly socket?: Partial<WebSocket> };
  readonly writeBuffer: readonly unknown[];
  close(discard?: boolean): void;
}

/** What a close without a close frame is called. */
const ABNORMAL = 1006;

export class WebSocketClient implements SocketClient {
  constructor(private readonly socket: WebSocket) {}

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
  }

  destroy(): void {
    this.socket.terminate();
  }

  onceClosed(listener: (isClean: boolean) => void): void {
    this.socket.once('close', (code: number) => listener(code !== ABNORMAL));
  }
}

/**
 * A client of socket.io. It is not disconnected by socket.io's own word for it, after which clients
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
      this.#isClean = closed !== ABNORMAL;
    });
    socket.close(code, reason);
  }

  get #webSocket(): WebSocket | undefined {
    const { name, socket } = this.connection.transport;
    const isUsable = name === 'websocket' && typeof socket?.terminate === 'function';
    return isUsable ? (socket as WebSocket) : undefined;
  }
}
