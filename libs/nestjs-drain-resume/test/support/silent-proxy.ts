import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and can let every open connection go silent, as a lost network does. */
export class SilentProxy {
  /** Each socket, and where what it brings goes to. */
  readonly #pairs = new Map<Socket, Socket>();

  private constructor(
    private readonly server: Server,
    private target: number,
  ) {}

  static async start(target: number): Promise<SilentProxy> {
    const server = createServer((client) =>
      proxy.#join(client, connect(proxy.target, '127.0.0.1')),
    );
    const proxy = new SilentProxy(server, target);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections were opened and are not closed. */
  get connections(): number {
    return this.#pairs.size / 2;
  }

  /** Nothing comes through the connections that are open now, in no direction, and none of them is closed. */
  silence(): void {
    for (const socket of this.#pairs.keys()) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** Nothing comes through until `letGo`; then what was sent meanwhile arrives. */
  hold(): void {
    for (const socket of this.#pairs.keys()) socket.unpipe();
  }

  letGo(): void {
    for (const [from, to] of this.#pairs) from.pipe(to);
  }

  /** Leads to another server from now on, as an address does after a failover. */
  failOver(target: number): void {
    this.target = target;
    for (const socket of this.#pairs.keys()) socket.destroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#pairs.keys()) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#pairs.set(from, to);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#pairs.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
