import { constants, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Connection } from './connection.js';

/** The highest id there is: a GOAWAY that names it announces the end and refuses nothing yet. */
const highestStreamId = 2 ** 31 - 1;

const connections = new WeakMap<object, Http2Connection>();

/**
 * A connection of HTTP/2. Its client is told by GOAWAY, twice (RFC 9113, section 6.8): first that
 * the end is near, while requests already on their way are still answered; at last, which request
 * was the last.
 */
export class Http2Connection extends Connection {
  #isTold = false;

  constructor(
    private readonly session: ServerHttp2Session,
    private readonly socket: Socket,
  ) {
    super();
    connections.set(session, this);
  }

  static of(session: object): Http2Connection | undefined {
    return connections.get(session);
  }

  override get isTold(): boolean {
    return this.#isTold;
  }

  announceClose(): void {
    if (this.#isTold || this.session.destroyed) return;
    this.#isTold = true;
    this.session.goaway(constants.NGHTTP2_NO_ERROR, highestStreamId);
  }

  end(): void {
    this.session.close();
  }

  destroy(): void {
    for (const answer of this.answers) {
      // A stream that merely goes with its session ends without an error, and passes for complete.
      const { stream } = answer as unknown as Http2ServerResponse;
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
    this.session.destroy();
    // A session is gone before its socket, which waits for a client that may never close its side.
    setImmediate(() => this.socket.destroy());
  }
}
