import { finalize, type Observable } from 'rxjs';
import type { Drain } from '../core/drain.js';
import { InFlight } from '../core/in-flight.js';
import type { Stream, StreamKind, StreamTransport } from '../core/stream.js';
import type { SocketClient } from './socket-client.js';

/** One client of a gateway, from its handshake until it is closed. */
export class Connection implements StreamTransport {
  #stream: Stream | undefined;
  readonly #messages = new InFlight('messages', { awaitsLateWork: false });
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
    const admission = this.drain.streams.admit(this, this);
    if (admission.admitted) this.#stream = admission;
    this.client.onceClosed((isClean) => this.#stream?.release(isClean));
    if (!admission.admitted) this.#close();
    return admission.admitted;
  }

  /** Whether a message that comes now is handled. What is not, its client asks again elsewhere. */
  get takesMessages(): boolean {
    return !this.#messages.isSettled && !this.#isClosing;
  }

  /** Counts a message until all its replies have been sent. */
  replying<T>(replies: Observable<T>): Observable<T> {
    const message = {};
    this.#messages.enter(message);
    return replies.pipe(
      finalize(() => {
        this.#messages.leave(message);
        this.#closeWhenIdle();
      }),
    );
  }

  /**
   * The drain has closed: a finite connection ends with its last reply. While it waits for earlier
   * messages it takes new ones too; after that none, or a busy client would hold it to the deadline.
   */
  leave(): void {
    if (this.kind !== 'finite') return;
    this.#messages.close();
    this.#closeWhenIdle();
  }

  /** The drain was reset. */
  stay(): void {
    this.#messages.reopen();
  }

  end(): void {
    this.#close();
  }

  destroy(): void {
    this.client.destroy();
  }

  #closeWhenIdle(): void {
    if (this.#messages.isSettled && this.#messages.size === 0) this.#close();
  }

  /** A client that does not answer the close is not waited for beyond `flushTimeout`. */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { clock, options } = this.drain;
    const cancel = clock.schedule(options.flushTimeout * 1000, () => {
      if (this.#stream) this.#stream.destroy();
      else this.destroy();
    });
    this.client.onceClosed(cancel);
    this.client.close(this.closeCode, `retry-after=${options.retryAfter}`);
  }
}
