import { connect } from 'node:http2';
import { now } from '../support/monotonic.mjs';

/** Many open event streams on one connection of HTTP/2: no process can hold 50 000 connections. */
export class SessionClient {
  /** ms of the machine's monotonic clock at which each stream ended. */
  endsAt = [];
  /** How many of them were asked to reconnect, and ended without an error. */
  asked = 0;

  constructor(port, path, count) {
    this.port = port;
    this.path = path;
    this.count = count;
  }

  /** Resolves when every stream has had its first event. */
  async open() {
    this.session = connect(`http://127.0.0.1:${this.port}`);
    this.session.on('error', () => undefined);
    const streams = Array.from({ length: this.count }, () => this.#openStream());
    this.closed = Promise.all(streams.map(({ closed }) => closed));
    await Promise.all(streams.map(({ opened }) => opened));
  }

  #openStream() {
    const stream = this.session.request({ ':path': this.path, accept: 'text/event-stream' });
    let isAsked = false;
    const opened = new Promise((resolve, reject) => {
      stream.on('error', reject);
      stream.once('close', () => reject(new Error('A stream was closed before its first event.')));
      stream.on('data', (bytes) => {
        if (bytes.includes('data: open')) resolve();
        isAsked ||= bytes.includes('retry: ');
      });
    });
    const closed = new Promise((resolve) => stream.once('close', resolve)).then(() => {
      this.endsAt.push(now());
      if (isAsked && stream.rstCode === 0) this.asked += 1;
    });
    return { opened, closed };
  }
}
