import type { IncomingMessage, ServerResponse } from 'node:http';
import { ReplaySubject, type Observable } from 'rxjs';
import type { EndCause, StreamHandle, StreamKind, StreamRequest } from '../core/stream-handle.js';
import type { Farewell } from './farewell.js';
import type { StreamRoute } from './stream-route.js';

/** One request of a `@DrainableStream()` route, from its admission to the close of its response. */
export class HttpStream implements StreamRequest {
  /** Set by the guard, which asks for admission before anything else can see the stream. */
  handle!: StreamHandle;
  readonly kind: StreamKind;
  readonly route: string;
  /** The cancel subject. It remembers, for a handler that answers after the end was decided. */
  readonly #ending = new ReplaySubject<EndCause>(1);

  constructor(
    readonly declared: StreamRoute,
    readonly farewell: Farewell,
    /** Seconds. */
    readonly retryAfter: number,
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly id: string | undefined,
  ) {
    this.kind = declared.kind;
    this.route = declared.pattern;
  }

  /** Emits once, when the drain ends the stream. */
  get ending(): Observable<EndCause> {
    return this.#ending;
  }

  /** Whether the handler itself sends the last words and ends. */
  get endsItself(): boolean {
    return this.farewell === 'handler' && this.kind === 'finite';
  }

  end(cause: EndCause): void {
    this.#ending.next(cause);
  }

  destroy(): void {
    this.response.destroy();
  }
}
