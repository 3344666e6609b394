import type { Socket } from 'node:net';
import { Connection } from './connection.js';

/** A connection whose TLS handshake is not finished: a request may follow it, or nothing ever. */
export class Handshake extends Connection {
  constructor(private readonly socket: Socket) {
    super();
  }

  announceClose(): void {
    // There is nobody yet who would understand.
  }

  end(): void {
    // Let it finish; its bound is enough.
  }

  destroy(): void {
    this.socket.destroy();
  }
}
