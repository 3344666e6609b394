import type { ServerResponse } from 'node:http';
import { headerOf, ignoreLaterWrites, isEventStream } from '../compat/response.js';
import { EventPosition } from './event-position.js';
import { endOfEvents } from './event-stream.js';
import { lastChunk } from './farewell.js';
import type { HttpStream } from './http-stream.js';
import { answerRefused } from './refusals.js';

type Write = (...args: unknown[]) => boolean;
type End = (...args: unknown[]) => ServerResponse;

/**
 * A response that application code writes itself: `@Res()`, middleware, a mounted handler, a proxy. The drain can end
 * it between two events: `retry:` for a subscription, the farewell for a finite stream. Other content gets its farewell in
 * bytes; where it has none the response is destroyed before the handler's signal aborts, because an end by the handler
 * would look like a whole answer (law 5). Writes that come after the end are dropped, so a handler or a pipe that goes
 * on meets no error.
 */
export class ResponseStream {
  readonly #position = new EventPosition();
  readonly #write: Write;
  readonly #endResponse: End;

  /** Watches the response of a stream from here on. Nothing may be under way in it. */
  static watch(stream: HttpStream): void {
    if (!stream.transport.endsItself) new ResponseStream(stream);
  }

  private constructor(private readonly stream: HttpStream) {
    const { response, cancelSubject } = stream.transport;
    const own = response as unknown as { write: Write; end: End };
    this.#write = own.write;
    this.#endResponse = own.end;
    own.write = (...args) => this.#pass(args);
    own.end = (...args) => this.#passEnd(args);
    cancelSubject.subscribe(() => this.#endOrDestroy(() => this.#end()));
  }

  #pass(args: unknown[]): boolean {
    const flowing = this.#write.apply(this.stream.transport.response, args);
    this.#position.follow(args[0], args[1]);
    const isDue = this.stream.transport.isFarewellDueIn(this);
    if (isDue && this.#position.isBetweenEvents) this.#endOrDestroy(() => this.#endEvents());
    return flowing;
  }

  /** Where the farewell is due, an end within an event is not clean: the client sees that it is cut. */
  #passEnd(args: unknown[]): ServerResponse {
    const { transport } = this.stream;
    const { response } = transport;
    if (!transport.isFarewellDueIn(this)) {
      // What middleware does to it on its way to the response may take longer, such as compressing it.
      transport.completeAnswer();
      return this.#endResponse.apply(response, args);
    }
    const hasChunk = typeof args[0] === 'string' || args[0] instanceof Uint8Array;
    if (hasChunk) this.#pass(args);
    if (transport.isFarewellDueIn(this)) this.stream.destroy();
    return response;
  }

  #end(): void {
    const { response, request, retryAfter } = this.stream.transport;
    if (response.writableEnded || response.destroyed) return;
    if (!response.headersSent) {
      answerRefused(request, response, { kind: this.stream.kind, reason: 'deadline', retryAfter });
    } else if (isEventStream(response)) {
      this.#endEvents();
    } else {
      this.#endBytes();
    }
  }

  /** Perhaps within a write of the application, which is to meet no error of the farewell's. */
  #endOrDestroy(end: () => void): void {
    try {
      end();
    } catch {
      this.stream.destroy(this.stream.endedFor === 'deadline');
    }
  }

  #endEvents(): void {
    const { transport } = this.stream;
    // Before the farewell's function is called, which may write to the response itself.
    transport.takeFarewell(this);
    const end = endOfEvents(this.stream, this.#position);
    if (end) this.#finish(end.words);
    // What is piped through goes on until its event is whole, or `flushTimeout` is over.
    else transport.postponeFarewell(this);
  }

  #endBytes(): void {
    if (this.stream.kind === 'subscription') return this.#finish(undefined);
    const { farewell, response } = this.stream.transport;
    const chunk = lastChunk(farewell, this.stream, () => headerOf(response, 'content-type'));
    if (chunk) this.#finish(chunk);
    else this.stream.destroy();
  }

  /** Through the response's own methods, so that what middleware does to all writes is done to the last one. */
  #finish(last: string | Uint8Array | undefined): void {
    const { transport } = this.stream;
    const { response } = transport;
    // The farewell's function may have ended it.
    if (response.writableEnded || response.destroyed) return;
    transport.gatherWrites();
    if (last !== undefined) this.#write.call(response, last);
    response.end();
    ignoreLaterWrites(response);
  }
}
