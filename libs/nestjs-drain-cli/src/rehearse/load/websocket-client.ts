import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type Clock } from '../clock.js';
import { type Client } from './client.js';
import { EventReader } from './event-reader.js';
import { fillNumbers } from './http-connection.js';
import { type LoadPlan } from './load-plan.js';
import { type Recognition } from './recognition.js';
import { newAttempt, type Attempt, type Ending, type Stream } from './stream.js';

/** Close codes by which a server says goodbye: going away, service restart, try again later. */
const goodbyes: Record<number, string> = {
  1001: 'going away',
  1012: 'service restart',
  1013: 'try again later',
};

/** One WebSocket, open until the server closes it, the terminal message comes, or the rehearsal ends. */
export class WebSocketClient implements Client {
  constructor(
    private readonly plan: LoadPlan,
    private readonly port: number,
    private readonly recognition: Recognition,
    private readonly clock: Clock,
  ) {}

  async run(stream: Stream, signal: AbortSignal): Promise<void> {
    const attempt = newAttempt(this.clock.now());
    await new Promise<void>((resolve) => this.#open(stream, attempt, signal, resolve));
    attempt.endedAt = this.clock.now();
    stream.connected = false;
    stream.attempts.push(attempt);
  }

  close(): void {}

  #open(stream: Stream, attempt: Attempt, signal: AbortSignal, resolve: () => void): void {
    const socket = this.#connect(stream, attempt);
    const over = new AbortController();
    const reader = new EventReader(stream, this.recognition, () => end('closed'));
    const end = (ending: Ending, detail: Partial<Attempt> = {}) => {
      if (over.signal.aborted) return;
      over.abort();
      clearTimeout(idle);
      reader.end(ending);
      if (reader.told !== undefined) attempt.told = reader.told;
      Object.assign(attempt, { ending, ...detail });
      socket.terminate();
      resolve();
    };
    const idle = setTimeout(() => end('idle'), this.plan.idleTimeout);
    const { body } = this.plan;
    socket
      .on('open', () => {
        attempt.status = 101;
        stream.connected = true;
        if (body !== undefined) socket.send(fillNumbers(body, stream));
      })
      .on('message', (data) => {
        idle.refresh();
        attempt.lastByteAt = this.clock.now();
        attempt.firstByteAt ??= attempt.lastByteAt;
        reader.take({ event: 'message', data: asText(data) });
      })
      .on('ping', () => idle.refresh())
      .on('unexpected-response', (_, { statusCode }) => end('status', { status: statusCode ?? 0 }))
      .on('error', ({ message }) => end(attempt.status ? 'reset' : 'refused', { error: message }))
      .on('close', (code) => end(...closing(code)));
    AbortSignal.any([signal, over.signal]).addEventListener('abort', () => end('closed'));
    if (signal.aborted) end('closed');
  }

  #connect(stream: Stream, attempt: Attempt): WebSocket {
    const url = `ws://127.0.0.1:${this.port}${fillNumbers(this.plan.path, stream)}`;
    return new WebSocket(url, {
      headers: this.plan.headers,
      perMessageDeflate: false,
      createConnection: (options: NetConnectOpts): Socket => {
        const socket = connect({ ...options, host: '127.0.0.1', port: this.port });
        socket.once('connect', () => (attempt.clientPort = socket.localPort ?? 0));
        return socket;
      },
    } as WebSocket.ClientOptions);
  }
}

function closing(code: number): [Ending, Partial<Attempt>] {
  const told = goodbyes[code];
  if (told !== undefined) return ['clean', { status: code, told }];
  return code === 1006 ? ['reset', { status: code }] : ['clean', { status: code }];
}

function asText(data: WebSocket.RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : Buffer.from(data as ArrayBuffer).toString();
}
