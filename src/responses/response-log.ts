import { Injectable, Logger } from '@nestjs/common';
import {
  ProductionStoppedError,
  ResumableStreamService,
  type FollowedStream,
  type Production,
} from 'nestjs-drain-resume';
import { CancelledByRequest } from '../models/cancelled-by-request.js';
import { isTooMuch } from './cancellation.js';
import { Models } from '../models/models.js';
import { notAvailable } from './not-available.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import type { ResponseRun } from './response-run.js';
import {
  continuationOf,
  isTerminal,
  stateOf,
  type StoredResponse,
  type TerminalEvent,
} from './stored-response.js';

/** How long a response goes on when nobody reads it and it is no background response, in seconds. */
const GRACE = 30;

/** How many events are produced before the store has to have caught up. */
const AHEAD = 64;

/** Responses that outlive their connection: what is produced goes into the log, what is sent comes from it. */
@Injectable()
export class ResponseLog {
  readonly #logger = new Logger('Responses');

  constructor(
    private readonly resumption: ResumableStreamService,
    private readonly models: Models,
    private readonly directory: ResponseDirectory,
  ) {}

  get handOff() {
    return this.resumption.handOff;
  }

  /** @throws ApiError (503) when the store cannot be asked. */
  async newId(): Promise<string> {
    return this.resumption.newId('resp_').catch(() => {
      throw notAvailable('unavailable', '');
    });
  }

  /**
   * Logs what `run` produces from here on; `stop` is what its signal listens to.
   * @throws ApiError (429, 503) when it cannot be kept.
   */
  async record(
    run: ResponseRun,
    stored: StoredResponse,
    stop: AbortController,
  ): Promise<FollowedStream> {
    const attended = await this.resumption.start({
      id: run.id,
      principal: run.principal,
      request: JSON.stringify(stored),
      background: stored.head.background === true,
      grace: GRACE,
    });
    if (attended.outcome !== 'open') throw notAvailable(attended.outcome, run.id);
    const { production } = attended.stream;
    if (production) void this.#produce(run, production, stop);
    return attended.stream;
  }

  /**
   * A reader behind event `after`; -1 reads from the first one. A response whose producer is gone goes on here.
   * @throws ApiError (404, 410, 503)
   */
  async open(id: string, principal: string, after: number): Promise<FollowedStream> {
    const attended = await this.resumption.resume(id, principal, after);
    if (attended.outcome !== 'open') throw notAvailable(attended.outcome, id);
    const { stream } = attended;
    if (stream.production) void this.#continue(stream, principal, stream.production);
    return stream;
  }

  /** Reads until the terminal event, or until `signal` aborts. */
  async *events(
    stream: FollowedStream,
    principal: string,
    signal: AbortSignal,
  ): AsyncGenerator<ResponseEvent, void, undefined> {
    const takeOver = (production: Production) => {
      void this.#continue(stream, principal, production);
    };
    for await (const { payload } of stream.events(takeOver, signal)) yield eventOf(payload);
  }

  /** The response as it stands now. */
  async state({ id, request }: FollowedStream): Promise<ResponseBody> {
    const { head } = JSON.parse(request) as StoredResponse;
    return stateOf(head, (await this.resumption.logged(id)).map(eventOf));
  }

  /** @throws ApiError (404, 410) */
  async cancel(id: string, principal: string): Promise<void> {
    const { outcome } = await this.resumption.cancel(id, principal);
    if (outcome === 'unknown' || outcome === 'gone') throw notAvailable(outcome, id);
  }

  async #continue(stream: FollowedStream, principal: string, production: Production) {
    try {
      const { head, prompt, token } = JSON.parse(stream.request) as StoredResponse;
      const events = (await this.resumption.logged(stream.id)).map(eventOf);
      const stop = new AbortController();
      const options = { principal, continuation: continuationOf(events) };
      const run = this.directory.open(head, stop.signal, options);
      try {
        await run.start(this.models.find(head.model), prompt, { durable: true, token });
      } catch {
        run.abandon();
      }
      await this.#produce(run, production, stop);
    } catch (error) {
      // The store cannot be read: whoever asks next may have more luck.
      this.#logger.error(`Response ${stream.id} cannot be continued here.`, error);
      production.release();
    }
  }

  async #produce(run: ResponseRun, production: Production, stop: AbortController): Promise<void> {
    const { signal } = production;
    const end = () => stop.abort(reasonOf(signal));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    let ahead = 0;
    for await (const event of run.events()) {
      if (isTerminal(event)) production.close(JSON.stringify(asLast(event, production)));
      else if (!isFull(signal)) {
        const logged = Promise.resolve(production.write(JSON.stringify(event)));
        if (++ahead % AHEAD === 0) await logged.catch(() => undefined);
      }
    }
  }
}

/** Its number, also if events before it were not taken: a log that is full has little room left. */
function asLast(event: TerminalEvent, { cursor, signal }: Production): TerminalEvent {
  if (cursor.next === event.sequence_number) return event;
  const response = isFull(signal) ? { ...event.response, output: [] } : event.response;
  return { ...event, response, sequence_number: cursor.next };
}

function reasonOf({ reason }: AbortSignal): unknown {
  const isCancelled = reason instanceof ProductionStoppedError && reason.reason === 'cancelled';
  return isCancelled ? new CancelledByRequest() : reason;
}

/** The log takes only its last event now. */
function isFull({ reason }: AbortSignal): boolean {
  return reason instanceof ProductionStoppedError && isTooMuch(reason);
}

function eventOf(payload: string): ResponseEvent {
  return JSON.parse(payload) as ResponseEvent;
}
