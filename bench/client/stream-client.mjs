import { connect } from 'node:net';
import { now } from '../support/monotonic.mjs';

const farewell = Buffer.from('event: shutdown');
const lastChunk = Buffer.from('0\r\n\r\n');
const opening = Buffer.from('data: open');

/** One open stream on a raw socket: no HTTP client could hold ten thousand as cheaply. */
export class StreamClient {
  /** ms of the machine's monotonic clock; undefined while it has not come. */
  farewellAt;
  endAt;
  /** The end of what was read, because a word may come in two reads. */
  #tail = Buffer.alloc(0);
  #onEnd;
  /** Resolves when the end has come. */
  ended = new Promise((resolve) => (this.#onEnd = resolve));

  constructor(port, path, index) {
    this.target = { port, host: '127.0.0.1', localAddress: addressFor(index) };
    this.path = path;
  }

  /** Resolves when the first event is here. */
  async open() {
    // Another server may have had its port a moment ago: the kernel still remembers connections to that one.
    for (;;) {
      const failure = await this.#connect().catch((error) => error);
      if (failure === undefined) return;
      if (failure.code !== 'EADDRINUSE') throw failure;
    }
  }

  #connect() {
    return new Promise((resolve, reject) => {
      this.socket = connect(this.target);
      this.closed = new Promise((close) => this.socket.once('close', close));
      this.socket.once('error', reject);
      this.socket.once('close', () =>
        reject(new Error('A stream was closed before its first event.')),
      );
      this.socket.write(`GET ${this.path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      this.socket.on('data', (bytes) => {
        const text = Buffer.concat([this.#tail, bytes]);
        this.#tail = text.subarray(-farewell.length);
        if (text.includes(opening)) resolve();
        this.#read(text);
      });
    });
  }

  leave() {
    this.socket.destroy();
  }

  #read(text) {
    if (text.includes(farewell)) this.farewellAt ??= now();
    if (text.subarray(-lastChunk.length).equals(lastChunk)) {
      this.endAt = now();
      this.#onEnd();
    }
  }
}

/**
 * A loopback address for every 5 000, so that none runs out of ports, and others for each process: the kernel remembers
 * the ports of ended connections for a minute, and looks long for one that is free.
 */
function addressFor(index) {
  const { pid } = process;
  return `127.${1 + (pid % 250)}.${1 + (Math.floor(pid / 250) % 250)}.${2 + Math.floor(index / 5000)}`;
}
