import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Clock } from '../clock.js';
import { type Endpoint, type Endpoints } from '../pods/endpoints.js';
import { type Balancer, type Connection } from './balancer.js';

/**
 * A TCP balancer that behaves as kube-proxy does: new connections go round the endpoints,
 * established ones are never moved, a refused connection is the client's to see.
 */
export class EmbeddedBalancer implements Balancer {
  readonly #connections: Connection[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(
    private readonly endpoints: Endpoints,
    private readonly clock: Clock,
  ) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  static async open(endpoints: Endpoints, clock: Clock): Promise<EmbeddedBalancer> {
    const balancer = new EmbeddedBalancer(endpoints, clock);
    balancer.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  connections(): readonly Connection[] {
    return this.#connections;
  }

  podNamed(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const endpoint = this.endpoints.pick();
    const { pod } = endpoint ?? {};
    const connection = { at: this.clock.now(), clientPort: client.remotePort ?? 0, refused: false };
    this.#connections.push(Object.assign(connection, pod === undefined ? {} : { pod }));
    if (endpoint) this.#join(client, endpoint, connection);
    else client.resetAndDestroy();
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
        other.resetAndDestroy();
      });
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
    }
  }
}
