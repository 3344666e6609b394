import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A TCP proxy before one of several servers, whose connections can be cut. */
export class CuttableProxy {
  /** The port that the next connection goes to. */
  target;
  /** How many connections there were. */
  connections = 0;
  #sockets = new Set();
  #server = createServer((client) => this.#forward(client));

  static async start(target) {
    const proxy = new CuttableProxy();
    proxy.target = target;
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client) {
    this.connections += 1;
    const server = connect(this.target, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
