import type { Socket } from 'node:net';
import type { Client, Exchange, RequestOptions } from './exchange.js';
import { Http1Exchange } from './http1-exchange.js';

/** HTTP/1.1 by hand, so that nothing is hidden: pipelining, halves of requests, FIN and reset. */
export class Http1Client implements Client {
  readonly closed: Promise<string>;
  readonly #exchanges: Http1Exchange[] = [];
  #unread = '';

  constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => this.#onData(text));
    this.closed = new Promise((resolve) => {
      const onClose = (how: string): void => {
        for (const exchange of this.#exchanges.splice(0)) exchange.onClose();
        resolve(how);
      };
      socket.once('end', () => onClose('FIN'));
      socket.on('error', () => onClose('reset'));
      socket.once('close', () => onClose('FIN'));
    });
  }

  request(path: string, options: RequestOptions = {}): Exchange {
    const exchange = this.expect(options.method);
    this.write(headOf(path, options));
    return exchange;
  }

  /** For requests that are written by hand, in whatever pieces. */
  expect(method = 'GET'): Http1Exchange {
    const exchange = new Http1Exchange(this.socket, method === 'HEAD');
    this.#exchanges.push(exchange);
    return exchange;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Leaves in the kernel what comes. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  #onData(text: string): void {
    this.#unread += text;
    let exchange = this.#exchanges[0];
    while (exchange) {
      this.#unread = exchange.read(this.#unread);
      if (!exchange.isComplete) return;
      this.#exchanges.shift();
      exchange = this.#exchanges[0];
    }
  }
}

function headOf(path: string, { method = 'GET', headers = {}, hasBody }: RequestOptions): string {
  const all = { Host: 'localhost', ...(hasBody && { 'Transfer-Encoding': 'chunked' }), ...headers };
  if ('Content-Length' in all) delete (all as Record<string, string>)['Transfer-Encoding'];
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
