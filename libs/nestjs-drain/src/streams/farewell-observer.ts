import type { MessageEvent } from '@nestjs/common';
import { Observable, type Observer, type Subscriber } from 'rxjs';
import { asEvent, lastWords } from './farewell.js';
import type { HttpStream } from './http-stream.js';
import { LastEventId, reconnectEvent } from './reconnect.js';

/**
 * The events of an `@Sse()` handler, which the drain can end between two of them: the source is
 * stopped, the farewell is the last event. One observer and not a chain of operators, because it is
 * held for as long as the stream is open.
 */
export class FarewellObserver implements Observer<unknown> {
  readonly #lastId: LastEventId;

  static observe(stream: HttpStream, events: Observable<unknown>): Observable<unknown> {
    return new Observable((client) => {
      const observer = new FarewellObserver(stream, client);
      if (stream.transport.cancelSubject.isCancelled) {
        observer.complete();
        return undefined;
      }
      const source = events.subscribe(observer);
      const forget = stream.transport.cancelSubject.subscribe(() => {
        source.unsubscribe();
        observer.complete();
      });
      source.add(forget);
      return source;
    });
  }

  private constructor(
    private readonly stream: HttpStream,
    private readonly client: Subscriber<unknown>,
  ) {
    this.#lastId = new LastEventId(stream.transport.request);
  }

  next(event: unknown): void {
    this.#lastId.see(event);
    this.client.next(event);
  }

  error(error: unknown): void {
    this.client.error(error);
  }

  complete(): void {
    try {
      // The source may also have ended because its signal was aborted.
      if (this.stream.endedFor) this.#sayFarewell();
      this.client.complete();
    } catch (error) {
      this.client.error(error);
    }
  }

  /** Farewell and end leave together: where thousands are told, each write counts. */
  #sayFarewell(): void {
    const event = this.#lastEvent();
    this.stream.transport.gatherWrites();
    this.client.next(event);
  }

  #lastEvent(): Partial<MessageEvent> {
    const { retryAfter, farewell } = this.stream.transport;
    const id = this.#lastId.current;
    if (this.stream.kind === 'subscription') return reconnectEvent(id, retryAfter);
    if (farewell === 'handler') {
      throw new TypeError('A handler that ends itself is not intercepted.');
    }
    return { id, ...asEvent(lastWords(farewell, this.stream)) };
  }
}
