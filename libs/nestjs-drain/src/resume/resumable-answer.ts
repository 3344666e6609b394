import {
  HttpException,
  InternalServerErrorException,
  Logger,
  type MessageEvent,
} from '@nestjs/common';
import { isObservable, type Observable } from 'rxjs';
import type { FollowedStream, Production } from 'nestjs-drain-resume';
import type { HandlerRun, OutgoingEvent, ResumableExchange } from '../core/resumption.js';
import { eventId } from './stream-position.js';

const logger = new Logger('DrainableStream');

const endedEarly = new InternalServerErrorException(
  'The server ended this answer before it was finished.',
);

type RunHandler = (run: HandlerRun) => unknown;

/**
 * One request of a resumable route. What the handler emits goes into the log; what the client gets comes from the
 * log. So the handler runs only where, and if, the stream has to be produced.
 */
export class ResumableAnswer {
  #begun = false;

  constructor(
    private readonly attended: FollowedStream,
    private readonly exchange: ResumableExchange,
    /** Milliseconds. */
    private readonly retry: number,
  ) {
    // A pipe may refuse the request before the handler was reached.
    exchange.response.once('close', () => this.#neverBegun());
  }

  get id(): string {
    return this.attended.id;
  }

  /** @throws what the handler throws, if it has to run at once: nothing has been sent yet. */
  async answer(run: RunHandler): Promise<AsyncIterable<OutgoingEvent>> {
    const { production } = this.attended;
    if (production) await this.#produce(production, run);
    return this.#events(run);
  }

  async #produce(production: Production, run: RunHandler): Promise<void> {
    this.#begun = true;
    const { cursor, signal } = production;
    try {
      const events = await run({ cursor: { ...cursor }, signal });
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
        logger.error(`Stream ${this.id} failed.`, error);
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
    if (production.signal.aborted) stop();
    else production.signal.addEventListener('abort', stop, { once: true });
  }

  async *#events(run: RunHandler): AsyncGenerator<OutgoingEvent> {
    const { id, after } = this.attended;
    // Before anything else: a client that loses this replica at once knows when, and to what, to come back.
    yield { id: eventId(id, after), retry: this.retry };
    const takeOver = (production: Production) => {
      // What the handler throws is in the log, for every reader.
      this.#produce(production, run).catch(() => undefined);
    };
    // A generator that waits for its next event hears of no `return()`.
    const { signal } = this.exchange.stream;
    for await (const { sequence, payload } of this.attended.events(takeOver, signal)) {
      const logged = readLogged(payload);
      if ('end' in logged) return;
      const event = 'error' in logged ? { type: 'error', data: logged.error } : logged.event;
      yield { ...event, id: eventId(id, sequence) };
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
