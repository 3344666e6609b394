import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * Does to the replicas what a Service does: new connections go round, established ones are never
 * moved, and a replica that is gone is noticed by whoever was sent to it.
 */
export class Balancer {
  readonly #ports: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((client) => this.#join(client));

  /** Listens on this loopback port; 0 stands for any free one. */
  static async listen(port = 0): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.#server.listen(port, '127.0.0.1');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(port: number): void {
    this.#ports.push(port);
  }

  remove(port: number): void {
    const index = this.#ports.indexOf(port);
    if (index >= 0) this.#ports.splice(index, 1);
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const port = this.#ports.shift();
    if (port === undefined) return void client.destroy();
    this.#ports.push(port);
    const replica = connect(port, '127.0.0.1');
    client.pipe(replica).pipe(client);
    this.#track(client, replica);
    this.#track(replica, client);
  }

  #track(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay();
    // Not `resetAndDestroy`: called while a socket sends its end, it keeps Node 20 from ever exiting.
    socket.on('error', () => other.destroy());
    socket.once('close', () => {
      this.#sockets.delete(socket);
      other.destroySoon();
    });
  }
}
