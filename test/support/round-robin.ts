import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy that gives connections to its targets in turn, leaving out those that do not answer. */
export class RoundRobin {
  readonly #server = createServer({ allowHalfOpen: true }, (client) => this.#forward(client));
  readonly #sockets = new Set<Socket>();
  readonly #targets: number[] = [];
  #turn = 0;
  #cut = false;

  static async start(...targets: number[]): Promise<RoundRobin> {
    const proxy = new RoundRobin();
    proxy.#targets.push(...targets);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  add(port: number): void {
    this.#targets.push(port);
  }

  /** Sends it no new connections. Those it has stay. */
  remove(port: number): void {
    this.#targets.splice(this.#targets.indexOf(port), 1);
  }

  /** Breaks every connection and refuses new ones. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#cut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client: Socket, tries = this.#targets.length): void {
    const port = this.#targets[this.#turn++ % this.#targets.length];
    this.#follow(client);
    if (this.#cut || port === undefined || tries === 0) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const next = () => this.#forward(client, tries - 1);
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
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
  }
}
