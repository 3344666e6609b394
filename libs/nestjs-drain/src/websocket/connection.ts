import { finalize, type Observable } from 'rxjs';
import type { Drain } from '../core/drain.js';
import type { StreamHandle, StreamKind, StreamRequest } from '../core/stream-handle.js';
import type { SocketClient } from './socket-client.js';

/** One client of a gateway, from its handshake until it is closed. */
export class Connection implements StreamRequest {
  #handle: StreamHandle | undefined;
  #working = 0;
  #isClosing = false;

  constructor(
    readonly kind: StreamKind,
    readonly route: string,
    private readonly client: SocketClient,
    private readonly closeCode: number,
    private readonly drain: Drain,
  ) {}

  /** Whether it was admitted. A client that came too late is closed as those before it were. */
  open(): boolean {
    const admission = this.drain.streams.admit(this);
    if (admission.admitted) this.#handle = admission;
    this.client.onceClosed((isClean) => this.#handle?.release(isClean));
    if (!admission.admitted) this.#close();
    return admission.admitted;
  }

  /** Counts a message until all its replies have been sent. */
  replying<T>(replies: Observable<T>): Observable<T> {
    this.#working += 1;
    return replies.pipe(
      finalize(() => {
        this.#working -= 1;
        this.leaveWhenIdle();
      }),
    );
  }

  /** Closes a finite connection that waits for nothing, once the drain has closed. */
  leaveWhenIdle(): void {
    const isLeaving = this.kind === 'finite' && this.drain.phase === 'draining';
    if (isLeaving && this.#working === 0) this.#close();
  }

  end(): void {
    this.#close();
  }

  destroy(): void {
    this.client.destroy();
  }

  /** A client that does not answer the close is not waited for beyond `flushTimeout`. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { clock, options } = this.drain;
    const cancel = clock.schedule(options.flushTimeout * 1000, () => {
      if (this.#handle) this.#handle.destroy();
      else this.destroy();
    });
    this.client.onceClosed(cancel);
    this.client.close(this.closeCode, `retry-after=${options.retryAfter}`);
  }
}
