import { once } from 'node:events';
import { connect } from 'node:net';

const lastChunk = Buffer.from('0\r\n\r\n');
const endOfHead = Buffer.from('\r\n\r\n');

/** Kept connections that ask for one path, each for the next answer as soon as it has read the last one. */
export class RequestClient {
  #lanes;

  /**
   * The first connection is served before the others come: V8 gives all sockets of a process room for as many properties
   * as the first few have had, and they should not have less of it in one process than in another.
   */
  static async open(port, path, connections) {
    const client = new RequestClient();
    client.#lanes = [new Lane(port, path)];
    await client.#lanes[0].opened;
    await client.ask(1);
    for (let count = 1; count < connections; count += 1) client.#lanes.push(new Lane(port, path));
    await Promise.all(client.#lanes.map((lane) => lane.opened));
    return client;
  }

  /** Resolves when so many answers have been read. */
  async ask(count) {
    let left = count;
    const take = () => (left -= 1) >= 0;
    await Promise.all(this.#lanes.map((lane) => lane.askWhile(take)));
  }
}

/** One connection. It knows both ways in which an answer tells its end, and no more of HTTP. */
class Lane {
  #buffer = Buffer.alloc(0);
  #waiting;

  constructor(port, path) {
    this.request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.opened = once(this.socket, 'connect');
    this.socket.on('data', (bytes) => this.#read(bytes));
    this.socket.once('close', () => this.#waiting?.reject(closedEarly()));
  }

  async askWhile(take) {
    while (take()) {
      if (this.socket.destroyed) throw closedEarly();
      const answered = new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
      this.socket.write(this.request);
      await answered;
    }
  }

  #read(bytes) {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    if (!isWhole(this.#buffer)) return;
    if (!this.#buffer.subarray(0, 12).toString('latin1').endsWith(' 200')) {
      throw new Error(`The server answered ${this.#buffer.toString('latin1')}`);
    }
    this.#buffer = Buffer.alloc(0);
    this.#waiting.resolve();
  }
}

const closedEarly = () => new Error('The server closed a connection before its answer.');

/** Whether an answer has come to its end, in either of the ways in which it may tell it. */
export function isWhole(answer) {
  const headEnd = answer.indexOf(endOfHead);
  if (headEnd < 0) return false;
  const head = answer.subarray(0, headEnd).toString('latin1');
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (length === undefined) return answer.subarray(-lastChunk.length).equals(lastChunk);
  return answer.length >= headEnd + endOfHead.length + Number(length);
}
