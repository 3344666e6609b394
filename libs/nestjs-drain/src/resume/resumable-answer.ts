import { once } from 'node:events';
import {
  HttpException,
  InternalServerErrorException,
  Logger,
  type MessageEvent,
} from '@nestjs/common';
import { isObservable, Observable, type Subscriber } from 'rxjs';
import type { FollowedStream, Production } from 'nestjs-drain-resume';
import type { HttpStream } from '../streams/http-stream.js';
import { reconnectEvent } from '../streams/reconnect.js';
import { eventId } from './stream-position.js';

const logger = new Logger('DrainableStream');

const endedEarly = new InternalServerErrorException(
  'The server ended this answer before it was finished.',
);

/** Runs the handler, whose `@StreamCursor()` says where to begin. */
export type RunHandler = () => unknown;

/**
 * One request of a resumable route. What the handler emits goes into the log; what the client gets comes from the
 * log. So the handler runs only where, and if, the stream has to be produced.
 */
export class ResumableAnswer {
  /** Where the handler has to begin; brought up to date before it runs. */
  readonly cursor: { id: string; next: number };
  readonly #stop = new AbortController();
  #begun = false;

  constructor(
    readonly http: HttpStream,
    private readonly attended: FollowedStream,
  ) {
    this.cursor = { id: attended.id, next: attended.after + 1, ...attended.production?.cursor };
    // A pipe may refuse the request before the handler was reached.
    http.transport.response.once('close', () => this.#neverBegun());
  }

  /** Aborts when the handler's work is not wanted any more; its client leaving is no reason. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** @throws what the handler throws, if it has to run at once: nothing has been sent yet. */
  async answer(run: RunHandler): Promise<Observable<Partial<MessageEvent>>> {
    const { production } = this.attended;
    if (production) await this.#produce(production, run);
    return new Observable((subscriber) => {
      const reading = new AbortController();
      void this.#read(subscriber, run, reading.signal);
      return () => reading.abort();
    });
  }

  async #produce(production: Production, run: RunHandler): Promise<void> {
    this.#begun = true;
    Object.assign(this.cursor, production.cursor);
    const stop = () => this.#stop.abort(production.signal.reason);
    if (production.signal.aborted) stop();
    else production.signal.addEventListener('abort', stop, { once: true });
    try {
      const events = await run();
      if (!isObservable(events)) throw new TypeError('A resumable handler returns an Observable.');
      this.#log(production, events);
    } catch (error) {
      production.close(loggedFailure(error));
      throw error;
    }
  }

  #log(production: Production, events: Observable<unknown>): void {
    const subscription = events.subscribe({
      next: (event) => {
        const payload = loggedEvent(event);
        if (payload !== undefined) production.write(payload);
      },
      error: (error: unknown) => {
        logger.error(`Stream ${this.cursor.id} failed.`, error);
        production.close(loggedFailure(error));
      },
      complete: () => production.close(loggedEnd),
    });
    const stop = () => {
      if (subscription.closed) return;
      subscription.unsubscribe();
      // Refused, and rightly, if the stream is another replica's now.
      production.close(loggedFailure(endedEarly));
    };
    if (this.signal.aborted) stop();
    else this.signal.addEventListener('abort', stop, { once: true });
  }

  async #read(
    subscriber: Subscriber<Partial<MessageEvent>>,
    run: RunHandler,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, after } = this.attended;
    const { response, retryAfter } = this.http.transport;
    // Before anything else: a client that loses this replica at once knows when, and to what, to come back.
    subscriber.next(reconnectEvent(eventId(id, after), retryAfter));
    const takeOver = (production: Production) => {
      // What the handler throws is in the log, for every reader.
      this.#produce(production, run).catch(() => undefined);
    };
    try {
      for await (const { sequence, payload } of this.attended.events(takeOver, signal)) {
        const logged = readLogged(payload);
        if ('end' in logged) break;
        const event = 'error' in logged ? { type: 'error', data: logged.error } : logged.event;
        subscriber.next({ ...event, id: eventId(id, sequence) });
        if (response.writableNeedDrain) await once(response, 'drain', { signal });
      }
      subscriber.complete();
    } catch {
      // The rest is elsewhere, or lost: not a clean end.
      if (!signal.aborted) this.http.destroy();
    }
  }

  #neverBegun(): void {
    const { production } = this.attended;
    if (this.#begun || !production) return;
    // Nobody knows of a new stream; one that was taken over is for the next one who asks.
    if (production.cursor.next === 0) production.close(loggedFailure(endedEarly));
    else production.release();
  }
}

/** One entry of a stream's log. The last one is an end: the handler completed, or failed with this message. */
export type LoggedEvent =
  | { readonly event: Omit<MessageEvent, 'id'> }
  | { readonly end: true }
  | { readonly error: string };

export const loggedEnd = JSON.stringify({ end: true } satisfies LoggedEvent);

/** As Nest does: only what was meant for the client is told to it. */
export function loggedFailure(error: unknown): string {
  const message = error instanceof HttpException ? error.message : 'Internal server error';
  return JSON.stringify({ error: message } satisfies LoggedEvent);
}

/** Undefined for what a client would not dispatch, such as a heartbeat: it has no place in the sequence. */
export function loggedEvent(emitted: unknown): string | undefined {
  const isMessage = typeof emitted === 'object' && emitted !== null;
  const { type, data, retry } = (isMessage ? emitted : { data: emitted }) as MessageEvent;
  if (data === undefined || data === null) return undefined;
  return JSON.stringify({ event: { type, data, retry } });
}

export function readLogged(payload: string): LoggedEvent {
  return JSON.parse(payload) as LoggedEvent;
}
