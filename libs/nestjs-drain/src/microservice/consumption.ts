import type { Server as NetServer, Socket } from 'node:net';
import type { Message, MicroserviceServer } from '../compat/nest-microservices.js';
import { netSocketOf, tcpListenerOf } from '../compat/nest-tcp.js';
import { IdleGate } from '../core/in-flight.js';

/** How one transport stops taking messages. What it cannot promise stands in docs/transports.md. */
export interface Consumption {
  /** Takes it up again if the drain is reset; undefined where it cannot be taken up. */
  resume?: () => void;
  /** Whether a message from this source can still be answered. Default: it can. */
  takes?(source: unknown): boolean;
  started?(message: Message): void;
  ended?(message: Message): void;
  /** When the drain closes: takes no more, and lets what is here be answered. */
  pause(): void | Promise<void>;
  /** After the drain: reads no more, and ends with the last reply what the transport's close would cut. */
  stop(): void | Promise<void>;
}

/**
 * The connections of a TCP microservice. From the moment the drain closes each is ended as soon as it
 * is idle, as HTTP does with `Connection: close`, so that its client opens the next one elsewhere. A
 * message that crosses that end on the wire is lost: the protocol has no word for it.
 */
export class TcpConsumption implements Consumption {
  /** How many messages each connection waits for. */
  readonly #open = new Map<Socket, number>();
  readonly #idle = new IdleGate();
  readonly #listener: NetServer;
  #isPaused = false;
  #isStopped = false;

  constructor(server: MicroserviceServer) {
    const { listener, event } = tcpListenerOf(server);
    this.#listener = listener;
    listener.prependListener(event, (socket: Socket) => this.#track(socket));
  }

  /** What comes on a connection that has been ended could not be answered. */
  takes(source: unknown): boolean {
    return netSocketOf(source)?.writableEnded !== true;
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

  /** Connections that have not been ended yet stay. */
  readonly resume = (): void => {
    this.#isPaused = false;
  };

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

  #count({ source }: Message, change: 1 | -1): Socket | undefined {
    const socket = netSocketOf(source);
    const working = socket && this.#open.get(socket);
    if (working === undefined) return undefined;
    this.#open.set(socket as Socket, working + change);
    return socket;
  }

  #endIdle(): void {
    for (const [socket, working] of this.#open) if (working === 0) end(socket);
  }
}

/** Reading goes on to see the client's own end. */
function end(socket: Socket): void {
  socket.end();
  socket.resume();
}
