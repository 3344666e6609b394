import type { Socket } from 'node:net';
import { Waiting } from './waiting.js';

const TEXT = 1;
const CLOSE = 8;

/** RFC 6455 by hand, for messages in halves: text and close frames of less than 126 bytes. */
export class RawWebSocket {
  readonly #state = new Waiting();
  readonly #seen: string[] = [];
  #unread = Buffer.alloc(0);
  #rest: Buffer = Buffer.alloc(0);
  #status: string | undefined;
  #isOver = false;

  constructor(
    private readonly socket: Socket,
    path: string,
  ) {
    socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    socket.on('error', () => this.#end('reset'));
    socket.once('close', () => this.#end('FIN'));
    const lines = ['Host: localhost', 'Upgrade: websocket', 'Connection: Upgrade'];
    const key = Buffer.from('sixteen bytes ok').toString('base64');
    lines.push('Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${key}`);
    socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Resolves with the status of the handshake's answer. */
  get status(): Promise<string> {
    return this.#state.until(() => this.#status, 'the handshake');
  }

  /** Resolves once this message has come. */
  async reads(text: string): Promise<void> {
    await this.#state.until(() => this.#seen.includes(text), text);
  }

  /** Everything that came, in the words of the table, when nothing more will. */
  get done(): Promise<string> {
    return this.#state.until(() => this.#isOver && this.#seen.join(', '), 'the end');
  }

  send(event: string, data = ''): void {
    this.sendHalf(event, data);
    this.finish();
  }

  /** The other half goes with `finish()`, or before a close is answered. */
  sendHalf(event: string, data: string): void {
    const frame = frameOf(TEXT, Buffer.from(JSON.stringify({ event, data })));
    const half = frame.length / 2;
    this.socket.write(frame.subarray(0, half));
    this.#rest = frame.subarray(half);
  }

  finish(): void {
    this.socket.write(this.#rest);
    this.#rest = Buffer.alloc(0);
  }

  #end(how: string): void {
    if (!this.#isOver) this.#seen.push(how);
    this.#isOver = true;
    this.#state.changed();
  }

  #onData(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    if (this.#status === undefined) this.#readStatus();
    if (this.#status?.startsWith('101')) while (this.#readFrame());
    this.#state.changed();
  }

  #readStatus(): void {
    const end = this.#unread.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [first = '', ...headers] = this.#unread.subarray(0, end).toString().split('\r\n');
    const notable = headers.filter((line) => /^(retry-after|connection: close)/i.test(line));
    this.#status = [first.slice('HTTP/1.1 '.length), ...notable].join(', ');
    this.#unread = this.#unread.subarray(end + 4);
  }

  /** A server does not mask its frames. */
  #readFrame(): boolean {
    const [first = 0, length = 0] = this.#unread;
    if (this.#unread.length < 2 || this.#unread.length < 2 + length) return false;
    const payload = this.#unread.subarray(2, 2 + length);
    this.#unread = this.#unread.subarray(2 + length);
    if ((first & 0x0f) === CLOSE) {
      this.#seen.push(`close ${payload.readUInt16BE(0)} "${payload.subarray(2).toString()}"`);
      this.finish();
      this.socket.write(frameOf(CLOSE, payload.subarray(0, 2)));
    } else {
      this.#seen.push(`"${(JSON.parse(payload.toString()) as { data: string }).data}"`);
    }
    return true;
  }
}

/** A client has to mask its frames; RFC 6455 does not forbid a mask of zeros. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
