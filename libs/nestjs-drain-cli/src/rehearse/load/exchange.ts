import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http';
import { type Socket } from 'node:net';
import { type Clock } from '../clock.js';
import { podHeader } from '../balancer/haproxy-configuration.js';
import { newAttempt, type Attempt, type Ending } from './stream.js';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ExchangeContext {
  readonly port: number;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly idleTimeout: number;
  /** The connection is kept for the next request. */
  readonly kept: boolean;
  /** The client has closed its connection by itself. */
  closed?: boolean;
}

export interface ExchangeListener {
  /** The answer's head is here, with a 2xx status. */
  head?(response: IncomingMessage): void;
  data(chunk: Buffer): void;
}

/** One request and all of its answer, recorded. `signal` ends it from the client's side. */
export function exchange(
  request: HttpRequest,
  context: ExchangeContext,
  listener: ExchangeListener,
  signal: AbortSignal,
): Promise<Attempt> {
  return new Promise((resolve) => {
    new Exchange(request, context, listener, signal, resolve).start();
  });
}

/** Connections that stand idle after an answer, each with the way to end the watch over it. */
const idle = new WeakMap<Socket, () => void>();

class Exchange {
  readonly #attempt: Attempt;
  #over = false;

  constructor(
    private readonly request: HttpRequest,
    private readonly context: ExchangeContext,
    private readonly listener: ExchangeListener,
    private readonly signal: AbortSignal,
    private readonly resolve: (attempt: Attempt) => void,
  ) {
    this.#attempt = newAttempt(context.clock.now());
  }

  start(): void {
    const { method, path, body } = this.request;
    const { port, agent, idleTimeout } = this.context;
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const headers = { ...length, ...this.request.headers };
    const request = requestHttp({ host: '127.0.0.1', port, method, path, headers, agent });
    const close = () => {
      this.#end('closed');
      request.destroy();
    };
    this.signal.addEventListener('abort', close, { once: true });
    request
      .on('close', () => this.signal.removeEventListener('abort', close))
      .on('socket', (socket) => {
        this.#attempt.reused = request.reusedSocket;
        idle.get(socket)?.();
        const note = () => {
          if (socket.localPort !== undefined) this.#attempt.clientPort = socket.localPort;
        };
        if (socket.connecting) socket.once('connect', note);
        else note();
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        this.#end(this.#attempt.status === undefined ? 'refused' : 'reset', error.code);
      })
      .on('response', (response) => this.#answer(response))
      .setTimeout(idleTimeout, () => {
        this.#end('idle');
        request.destroy();
      })
      .end(body);
    if (this.signal.aborted) close();
  }

  #answer(response: IncomingMessage): void {
    const attempt = this.#attempt;
    const { socket } = response;
    const status = (attempt.status = response.statusCode ?? 0);
    const good = status >= 200 && status < 300;
    attempt.announcedClose = response.headers.connection?.toLowerCase() === 'close';
    const server = response.headers[podHeader];
    if (typeof server === 'string') attempt.server = server;
    if (good) this.listener.head?.(response);
    response
      .on('data', (chunk: Buffer) => {
        attempt.lastByteAt = this.context.clock.now();
        attempt.firstByteAt ??= attempt.lastByteAt;
        if (good) this.listener.data(chunk);
      })
      .on('error', (error: NodeJS.ErrnoException) => this.#end('reset', error.code))
      .on('end', () => {
        this.#end(good ? 'clean' : 'status');
        // A client that has closed its connection itself leaves none to watch.
        if (attempt.ending === 'closed' || attempt.announcedClose || !this.context.kept) return;
        this.#watchIdle(socket);
      })
      .on('close', () => this.#end('reset', 'ECONNRESET'));
  }

  /** Notes when the server closes a connection whose client may send its next request in that moment. */
  #watchIdle(socket: Socket): void {
    const note = () => {
      if (!this.context.closed) this.#attempt.droppedIdleAt = this.context.clock.now();
    };
    socket.once('close', note);
    idle.set(socket, () => socket.off('close', note));
  }

  #end(ending: Ending, error?: string): void {
    if (this.#over) return;
    this.#over = true;
    const attempt = this.#attempt;
    attempt.ending = ending;
    attempt.endedAt = this.context.clock.now();
    if (error !== undefined) attempt.error = error;
    this.resolve(attempt);
  }
}
