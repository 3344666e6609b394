import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Client, Exchange, Head, RequestOptions } from './exchange.js';
import { Reception } from './reception.js';

export class Http2Client implements Client {
  readonly closed: Promise<string>;
  readonly #session: ClientHttp2Session;

  constructor(socket: Socket) {
    let seen = '';
    this.#session = connect('http://localhost', { createConnection: () => socket });
    this.#session.on('goaway', () => (seen = 'GOAWAY, '));
    this.#session.on('error', () => (seen += 'reset, '));
    this.closed = new Promise((resolve) => {
      this.#session.once('close', () => resolve(`${seen}FIN`));
    });
  }

  request(path: string, { method = 'GET', headers = {}, hasBody }: RequestOptions = {}): Exchange {
    const stream = this.#session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: !hasBody },
    );
    return new Http2Exchange(stream);
  }

  /** A client sends nothing more on a session whose GOAWAY it has read. */
  get isNotified(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  destroy(): void {
    this.#session.destroy();
  }
}

class Http2Exchange extends Reception implements Exchange {
  #hasEnded = false;

  constructor(private readonly stream: ClientHttp2Stream) {
    super();
    stream.setEncoding('latin1');
    stream.on('response', (fields) => {
      const { ':status': status = 0, ...headers } = fields;
      this.received = { status, headers: headers as Head['headers'] };
      this.state.changed();
    });
    stream.on('data', (text: string) => {
      this.body += text;
      this.state.changed();
    });
    stream.on('end', () => (this.#hasEnded = true));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.isOver = true;
      this.state.changed();
    });
  }

  get isComplete(): boolean {
    return this.#hasEnded && this.stream.rstCode === 0;
  }

  write(text: string): void {
    this.stream.write(text);
  }

  end(): void {
    this.stream.end();
  }

  leave(): void {
    this.stream.session?.destroy();
  }
}
