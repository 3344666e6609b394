import type { Responder, ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Drain } from '../core/drain.js';
import type { EndCause, StreamKind, StreamTransport } from '../core/stream.js';
import { tryElsewhere, unfinished } from './unavailable.js';

/** One gRPC call, between the transport and its handler, from its arrival until its stream is closed. */
export class Call implements StreamTransport {
  #isEnded = false;
  #sentStatus = false;

  constructor(
    readonly kind: StreamKind,
    /** The method's path. */
    readonly route: string,
    /** Towards the transport. */
    private readonly transport: ServerInterceptingCallInterface,
    private readonly drain: Drain,
    private readonly onRefused: () => void,
  ) {}

  readonly responder: Responder = {
    start: (next) => {
      const admission = this.drain.streams.admit(this, this);
      if (!admission.admitted) {
        this.transport.sendStatus(tryElsewhere(admission.retryAfter));
        this.onRefused();
        return;
      }
      let isReceived = false;
      next({
        onReceiveMetadata: (metadata, receive) => {
          isReceived = true;
          receive(metadata);
        },
        // Whatever ended it, this comes when the last frame has been handed over.
        onCancel: () => admission.release(this.#sentStatus),
      });
      // A call whose client has already reset it is not started, and not cancelled either.
      if (!isReceived) admission.release(false);
    },
    sendMetadata: (metadata, next) => {
      if (!this.#isEnded) next(metadata);
    },
    sendMessage: (message, next) => {
      if (!this.#isEnded) next(message);
    },
    sendStatus: (status, next) => {
      if (this.#isEnded) return;
      this.#sentStatus = true;
      next(status);
    },
  };

  /** The handler hears of it as of a cancellation by the client. */
  end(cause: EndCause): void {
    this.#isEnded = true;
    this.#sentStatus = true;
    const { retryAfter } = this.drain.options;
    this.transport.sendStatus(cause === 'reconnect' ? tryElsewhere(retryAfter) : unfinished());
  }

  /** A call cannot be reset through gRPC; its session is destroyed when the server is shut. */
  destroy(): void {}
}
