import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP balancer with an order: a connection goes to the first target that takes it. */
export class Door {
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client));
  readonly #sockets = new Set<Socket>();
  #targets: readonly number[];

  private constructor(targets: readonly number[]) {
    this.#targets = targets;
  }

  static async open(...targets: number[]): Promise<Door> {
    const door = new Door(targets);
    door.#server.listen(0, '127.0.0.1');
    await once(door.#server, 'listening');
    return door;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection. The next ones go to the last target first. */
  cut(): void {
    this.#targets = this.#targets.toReversed();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Sends it no new connections. Those it has stay, as kube-proxy leaves them. */
  remove(port: number): void {
    this.#targets = this.#targets.filter((target) => target !== port);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #forward(client: Socket, targets = this.#targets): void {
    const [port, ...others] = targets;
    this.#follow(client);
    if (port === undefined) return void client.resetAndDestroy();
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const next = () => this.#forward(client, others);
    server.once('error', next);
    server.once('connect', () => {
      server.off('error', next);
      this.#follow(server);
      client.pipe(server).pipe(client);
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
    });
  }

  #follow(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.setNoDelay();
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
  }
}
