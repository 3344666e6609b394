import { WebSocketClient, type WebSocket } from '../compat/ws.js';
import type { Drain } from '../core/drain.js';
import type { EndCause, Stream, StreamRequest, StreamTransport } from '../core/stream.js';

/** Service restart: graphql-ws clients connect again by themselves; after most other codes they do not. */
const SERVICE_RESTART = 1012;

/**
 * One graphql-ws connection and the operations on it, each of which is a stream of the drain. The protocol
 * cannot ask a client to start one operation again, only all of them, by closing the connection. So an
 * endless subscription leaves when the finite operations beside it have ended.
 */
export class Connection {
  readonly #client: WebSocketClient;
  readonly #operations = new Map<string, Stream>();
  #isLeaving = false;
  #isClosing = false;

  constructor(
    socket: WebSocket,
    private readonly drain: Drain,
  ) {
    this.#client = new WebSocketClient(socket);
    this.#client.onceClosed((isClean) => {
      for (const operation of this.#operations.values()) operation.release(isClean);
    });
  }

  /** Whether it carries an endless subscription. */
  get isFollowed(): boolean {
    return [...this.#operations.values()].some(({ kind }) => kind === 'subscription');
  }

  /** @returns whether the operation is begun; if it is not, the client asks again on its next connection. */
  begin(id: string, request: StreamRequest): boolean {
    const admission = this.drain.streams.admit(request, this.#transport());
    if (!admission.admitted) {
      this.leave();
      return false;
    }
    this.#operations.set(id, admission);
    return true;
  }

  /** Its last message is sent right after this. */
  end(id: string): void {
    const operation = this.#operations.get(id);
    if (!operation) return;
    this.#operations.delete(id);
    operation.release();
    if (this.#isLeaving) setImmediate(() => this.leave());
  }

  /** Closes as soon as no finite operation runs on it. */
  leave(): void {
    this.#isLeaving = true;
    const isBusy = [...this.#operations.values()].some(({ kind }) => kind === 'finite');
    if (!isBusy) this.close();
  }

  /** The drain was reset before this connection was closed. */
  stay(): void {
    this.#isLeaving = false;
  }

  /** A client that does not answer the close is not waited for beyond `flushTimeout`. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { clock, options } = this.drain;
    this.drain.makeIrreversible('WebSocket clients have been closed');
    const cancel = clock.schedule(options.flushTimeout * 1000, () => this.#destroy());
    this.#client.onceClosed(cancel);
    this.#client.close(SERVICE_RESTART, `retry-after=${options.retryAfter}`);
  }

  #transport(): StreamTransport {
    return {
      end: (cause: EndCause) => (cause === 'reconnect' ? this.leave() : this.close()),
      destroy: () => this.#client.destroy(),
    };
  }

  #destroy(): void {
    this.#client.destroy();
    for (const operation of this.#operations.values()) operation.destroy();
  }
}
