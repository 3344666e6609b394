import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import type { Rest } from '../../src/compat/node.js';
import type { Clock } from '../../src/core/clock.js';

/** Long enough for bytes in memory to reach the other side, and for what they cause. */
export async function bytesArrive(): Promise<void> {
  for (let turns = 0; turns < 4; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Node's own HTTP server without a network. The test answers its requests when it likes. */
export class MemoryHttp {
  readonly held = new Map<string, ServerResponse>();
  readonly server: Server = createServer((request, response) =>
    this.held.set(request.url ?? '', response),
  );
  #clients = 0;
  readonly #answeredAt = new WeakMap<Socket, number>();

  constructor(private readonly clock: Clock) {
    this.server.on('request', (request, response) => {
      response.on('close', () => this.#answeredAt.set(request.socket, clock.now()));
    });
  }

  /** As Node says it of its own sockets, by the clock of the test. */
  readonly rests = (): Rest => {
    const now = this.clock.now();
    return (socket) => {
      const answeredAt = this.#answeredAt.get(socket);
      return answeredAt === undefined ? undefined : now - answeredAt;
    };
  };

  connect(): MemoryClient {
    const [client, socket] = duplexPair();
    this.server.emit('connection', socket);
    return new MemoryClient(client, `/${(this.#clients += 1)}`);
  }

  /** Sends the headers of an answer, which promise keep-alive unless the library says otherwise. */
  begin(path: string): void {
    const response = this.held.get(path);
    if (response?.headersSent === false) response.writeHead(200, { 'Content-Length': 4 });
  }

  finish(path: string): void {
    this.begin(path);
    this.held.get(path)?.end('done');
    this.held.delete(path);
  }
}

/** One connection of a client that asks one thing after the other. */
export class MemoryClient {
  asked = 0;
  /** How many answers have come, whole. */
  answered = 0;
  /** What the last answer said of the connection. */
  isNotified = false;
  hasEnded = false;
  #unread = '';

  constructor(
    private readonly socket: Duplex,
    private readonly prefix: string,
  ) {
    socket.setEncoding('latin1').on('data', (text: string) => this.#read(text));
    socket.on('end', () => {
      this.hasEnded = true;
      socket.end();
    });
  }

  get path(): string {
    return `${this.prefix}/${this.asked}`;
  }

  get isWaiting(): boolean {
    return this.answered < this.asked;
  }

  ask(): void {
    this.asked += 1;
    this.socket.write(`GET ${this.path} HTTP/1.1\r\nHost: memory\r\n\r\n`);
  }

  leave(): void {
    this.socket.end();
  }

  #read(text: string): void {
    this.#unread += text;
    if (!this.#unread.endsWith('\r\n\r\ndone')) return;
    this.answered += 1;
    this.isNotified = /^connection: close\r$/im.test(this.#unread);
    this.#unread = '';
  }
}
