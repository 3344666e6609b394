import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection } from './connection.js';
import { announceLastResponse, closeBehind } from './last-response.js';

/** A connection of HTTP/1.1, in the clear or inside TLS. */
export class Http1Connection extends Connection {
  readonly #last = new WeakSet<ServerResponse>();
  #bytesAnswered: number;

  constructor(private readonly socket: Socket) {
    super();
    this.#bytesAnswered = socket.bytesRead;
  }

  override finish(response: ServerResponse): void {
    super.finish(response);
    this.#bytesAnswered = this.socket.bytesRead;
  }

  announceClose(): void {
    for (const response of this.answers) {
      if (!response.headersSent) this.#makeLast(response, announceLastResponse);
    }
  }

  override noMore(): void {
    for (const response of this.answers) this.#makeLast(response, closeBehind);
  }

  end(): void {
    // Half a request may have come: a FIN now would take away the answer to its other half.
    if (this.isIdle && this.socket.bytesRead === this.#bytesAnswered) this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Once per answer: what was announced as the last closes its connection by itself. */
  #makeLast(response: ServerResponse, make: typeof closeBehind): void {
    if (this.#last.has(response)) return;
    this.#last.add(response);
    make(response, () => [...this.answers].at(-1) === response);
  }
}
