import type { Socket } from 'node:net';
import type { Exchange, Head } from './exchange.js';
import { Reception } from './reception.js';

/** Reads one response out of the bytes of a connection. */
export class Http1Exchange extends Reception implements Exchange {
  override isComplete = false;

  constructor(
    private readonly socket: Socket,
    private readonly isHead: boolean,
  ) {
    super();
  }

  write(text: string): void {
    this.socket.write(text);
  }

  end(): void {
    // Its Content-Length says where the body ends.
  }

  leave(): void {
    this.socket.destroy();
  }

  onClose(): void {
    // Without a length and without chunks, the end of the connection is the end of the body.
    const { headers } = this.received ?? { headers: {} };
    this.isComplete ||=
      this.received !== undefined &&
      !('content-length' in headers) &&
      !('transfer-encoding' in headers);
    this.isOver = true;
    this.state.changed();
  }

  /** Takes its part of the bytes, and returns the rest. */
  read(bytes: string): string {
    const rest = this.received ? bytes : this.#readHead(bytes);
    const left = this.received ? this.#readBody(rest) : rest;
    this.isOver = this.isComplete;
    this.state.changed();
    return left;
  }

  #readHead(bytes: string): string {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    const [status = '', ...lines] = bytes.slice(0, end).split('\r\n');
    const headers = lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()];
    });
    this.received = {
      status: Number(status.split(' ')[1]),
      headers: Object.fromEntries(headers) as Head['headers'],
    };
    return bytes.slice(end + 4);
  }

  #readBody(bytes: string): string {
    const { headers } = this.received!;
    if (this.isHead) {
      this.isComplete = true;
      return bytes;
    }
    if (headers['transfer-encoding'] === 'chunked') return this.#readChunks(bytes);
    const missing = Number(headers['content-length'] ?? Infinity) - this.body.length;
    this.body += bytes.slice(0, missing);
    this.isComplete = bytes.length >= missing;
    return bytes.slice(missing);
  }

  #readChunks(bytes: string): string {
    const line = bytes.indexOf('\r\n');
    const size = parseInt(bytes.slice(0, line), 16);
    if (line < 0 || bytes.length < line + size + 4) return bytes;
    this.body += bytes.slice(line + 2, line + 2 + size);
    const rest = bytes.slice(line + size + 4);
    if (size > 0) return this.#readChunks(rest);
    this.isComplete = true;
    return rest;
  }
}
