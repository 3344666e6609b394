import type { Server as NetServer, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Server } from '@nestjs/microservices';
import { IdleGate } from '../core/idle-gate.js';
import type { Consumption } from './consumption.js';
import type { Message } from './message-count.js';

/**
 * The connections of a TCP microservice. From the moment the drain closes each is ended as soon as it
 * is idle, as HTTP does with `Connection: close`, so that its client opens the next one elsewhere. A
 * message that crosses that end on the wire is lost: the protocol has no word for it.
 */
export class TcpConsumption implements Consumption {
  readonly resumable = true;
  /** How many messages each connection waits for. */
  readonly #open = new Map<Socket, number>();
  readonly #idle = new IdleGate();
  readonly #listener: NetServer;
  #isPaused = false;
  #isStopped = false;

  constructor(server: Server) {
    this.#listener = server.unwrap<NetServer>();
    // Under TLS, Nest reads from the socket that comes out of the handshake.
    const event = this.#listener instanceof TlsServer ? 'secureConnection' : 'connection';
    this.#listener.prependListener(event, (socket: Socket) => this.#track(socket));
  }

  started(message: Message): void {
    this.#count(message, 1);
  }

  ended(message: Message): void {
    const socket = this.#count(message, -1);
    if (socket && this.#isPaused && this.#open.get(socket) === 0) end(socket);
  }

  /** New connections are still accepted, and answered once: they may have been on their way. */
  pause(): void {
    this.#isPaused = true;
    this.#endIdle();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#listener.close();
    // From here on only replies: a busy client would hold its connection to the deadline.
    for (const socket of this.#open.keys()) socket.pause();
    this.#endIdle();
    if (this.#open.size > 0) await this.#idle.whenIdle();
  }

  #track(socket: Socket): void {
    if (this.#isStopped) return void socket.end();
    this.#open.set(socket, 0);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#idle.notify();
    });
  }

  /** Nest hands a message over with its own wrapper of the socket. */
  #count({ source }: Message, change: 1 | -1): Socket | undefined {
    const socket = (source as { netSocket?: Socket } | undefined)?.netSocket;
    const working = socket && this.#open.get(socket);
    if (working === undefined) return undefined;
    this.#open.set(socket as Socket, working + change);
    return socket;
  }

  #endIdle(): void {
    for (const [socket, working] of this.#open) if (working === 0) end(socket);
  }
}

/** What still comes is not handled, because it could not be answered; reading goes on to see the end. */
function end(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.end();
  socket.resume();
}
