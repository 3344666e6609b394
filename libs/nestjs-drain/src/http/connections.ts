import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';
import type { Drain } from '../core/drain.js';
import type { Listener } from '../core/listener.js';
import { Vacancy } from '../core/vacancy.js';
import { makeLastResponse } from './last-response.js';

/**
 * The connections of one HTTP server: which answers are under way on each, and how they end.
 * While serving it only counts.
 */
export class Connections implements Listener {
  readonly #answers = new Map<Socket, Set<ServerResponse>>();
  readonly #vacancy = new Vacancy();

  constructor(
    private readonly server: Server,
    private readonly drain: Drain,
  ) {
    server.prependListener('connection', (socket: Socket) => this.#track(socket));
    server.prependListener('request', this.#onRequest);
    this.#watchUpgrades();
    drain.events.subscribe((event) => {
      if (event.type === 'started') this.#lastCall();
    });
  }

  /** Stops listening, ends idle sockets, waits for the others, destroys what outstays its bound. */
  async stop(deadline: number): Promise<void> {
    // http.Server#close would also destroy idle sockets, and with them a request on its way.
    if (this.server.listening) Server.prototype.close.call(this.server);
    // What the kernel has already received is read, and so no longer idle, one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    for (const socket of this.#idleSockets()) socket.end();
    const { clock, options } = this.drain;
    const linger = Math.min(deadline, clock.now() + options.flushTimeout * 1000);
    const bounds = [
      this.#destroyAt(linger, () => this.#idleSockets()),
      this.#destroyAt(deadline, () => [...this.#answers.keys()]),
    ];
    if (this.#answers.size > 0) await this.#vacancy.wait();
    for (const cancel of bounds) cancel();
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const answers = this.#track(request.socket);
    answers.add(response);
    this.drain.requests.enter(response);
    response.once('close', () => {
      answers.delete(response);
      this.drain.requests.leave(response);
    });
    if (this.drain.isShuttingDown) makeLastResponse(response, () => answers.size === 1);
  };

  #track(socket: Socket): Set<ServerResponse> {
    const known = this.#answers.get(socket);
    if (known) return known;
    const answers = new Set<ServerResponse>();
    this.#answers.set(socket, answers);
    socket.once('close', () => {
      // Node 20 closes no response that was pipelined behind another when the socket goes.
      for (const response of answers) this.drain.requests.leave(response);
      this.#forget(socket);
    });
    return answers;
  }

  #forget(socket: Socket): void {
    this.#answers.delete(socket);
    if (this.#answers.size === 0) this.#vacancy.announce();
  }

  /** Every answer under way when the shutdown starts becomes the last one of its connection. */
  #lastCall(): void {
    for (const answers of this.#answers.values()) {
      for (const response of answers) makeLastResponse(response, () => answers.size === 1);
    }
  }

  #idleSockets(): Socket[] {
    const entries = [...this.#answers].filter(([, answers]) => answers.size === 0);
    return entries.map(([socket]) => socket);
  }

  #destroyAt(time: number, which: () => Socket[]): () => void {
    const { clock } = this.drain;
    return clock.schedule(Math.max(0, time - clock.now()), () => {
      for (const socket of which()) socket.destroy();
    });
  }

  /**
   * An upgraded socket belongs to its WebSocket adapter. Listening to `upgrade` changes what Node
   * does with such requests, so this listens only where somebody else does.
   */
  #watchUpgrades(): void {
    const forget = (_request: IncomingMessage, socket: Socket): void => this.#forget(socket);
    const watch = (): unknown => this.server.prependListener('upgrade', forget);
    if (this.server.listenerCount('upgrade') > 0) {
      watch();
      return;
    }
    const onNewListener = (event: string): void => {
      if (event !== 'upgrade') return;
      this.server.off('newListener', onNewListener);
      watch();
    };
    this.server.on('newListener', onNewListener);
  }
}
