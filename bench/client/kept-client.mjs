import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isWhole } from './request-client.mjs';

/** By the status of an answer. */
const outcomes = { 200: 'answered', 503: 'refused' };

/**
 * A kept connection on a raw socket, and what its client loses. It asks as a pool does: not on a connection that it
 * knows to be over, because an answer said `Connection: close` or because the server's FIN has come.
 */
export class KeptClient {
  #buffer = Buffer.alloc(0);
  #settle;
  #isOver = false;
  /** How it ended: `fin` or `reset`; undefined while it is open. */
  ended;

  /** @param localAddress one of the loopback range, where a single one would run out of ports */
  static async open(port, localAddress = '127.0.0.1') {
    const client = new KeptClient();
    client.#connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    await once(client.socket, 'connect');
    return client;
  }

  leave() {
    this.socket.destroy();
  }

  #connect(target) {
    this.socket = connect(target);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (bytes) => this.#read(bytes));
    this.socket.on('end', () => this.#end('fin'));
    this.socket.on('error', () => this.#end('reset'));
  }

  /** Resolves with the first bytes of the answer under way. */
  begun() {
    return once(this.socket, 'data');
  }

  /** @returns `answered`, `refused` (503), `failed` (another status), `reset` (no byte came), `cut` (some came), or `not asked` */
  async ask(path) {
    if (this.#isOver) return 'not asked';
    const settled = new Promise((resolve) => (this.#settle = resolve));
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const outcome = await settled;
    this.#settle = undefined;
    return outcome;
  }

  /** Asks again and again, until the connection is over or the time is. */
  async askOften(path, between, time) {
    const end = performance.now() + time;
    let outcome = 'not asked';
    while (performance.now() < end) {
      outcome = await this.ask(path);
      if (outcome !== 'answered') return outcome;
      await pause(between);
    }
    return outcome;
  }

  #read(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    if (!isWhole(this.#buffer)) return;
    const head = this.#buffer.toString('latin1');
    this.#buffer = Buffer.alloc(0);
    this.#isOver = /^connection: close/im.test(head);
    this.#settle?.(outcomes[head.slice(9, 12)] ?? 'failed');
  }

  #end(how) {
    this.ended ??= how;
    this.#isOver = true;
    this.#settle?.(this.#buffer.length > 0 ? 'cut' : 'reset');
  }
}
