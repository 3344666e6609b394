import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Clock } from '../clock.js';
import { type Endpoint } from '../pods/endpoints.js';
import { type Connection } from './balancer.js';

/** Says where the next connection goes; `undefined` when there is nowhere to go. */
export interface Rotation {
  pick(): Endpoint | undefined;
}

/**
 * A TCP balancer that behaves as kube-proxy does: new connections go round the endpoints,
 * established ones are never moved, a refused connection is the client's to see.
 */
export class EmbeddedBalancer {
  readonly #connections: Connection[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(
    private readonly rotation: Rotation,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Listens on this loopback port; 0 stands for any free one. */
  static async open(
    rotation: Rotation,
    clock: Pick<Clock, 'now'>,
    port = 0,
  ): Promise<EmbeddedBalancer> {
    const balancer = new EmbeddedBalancer(rotation, clock);
    balancer.#server.listen({ port, host: '127.0.0.1', backlog: 4096 });
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection so far, in order. */
  connections(): readonly Connection[] {
    return this.#connections;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const endpoint = this.rotation.pick();
    const { pod } = endpoint ?? {};
    const connection = { at: this.clock.now(), clientPort: client.remotePort ?? 0, refused: false };
    this.#connections.push(Object.assign(connection, pod === undefined ? {} : { pod }));
    if (endpoint) this.#join(client, endpoint, connection);
    else reset(client);
  }

  #join(client: Socket, { port }: Endpoint, connection: { refused: boolean }): void {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    let connected = false;
    server.once('connect', () => (connected = true));
    this.#track(client, server, () => {
      connection.refused ||= !connected;
    });
    client.pipe(server).pipe(client);
  }

  /** Passes a reset on as a reset, and remembers sockets until they are gone. */
  #track(client: Socket, server: Socket, failed: () => void): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {
        if (socket === server) failed();
        reset(other);
      });
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
    }
  }
}

/** Node 20 never lets go of a socket that is reset while it sends its end. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
