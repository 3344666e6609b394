import { Injectable, Logger } from '@nestjs/common';
import { eventId } from 'nestjs-drain/resume';
import {
  ProductionStoppedError,
  ResumableStreamService,
  StreamReadError,
  type FollowedStream,
  type Production,
  type ReadRequest,
} from 'nestjs-drain-resume';
import type { PlacedEvent } from '../http/event-stream.js';
import { CancelledByRequest } from '../models/cancelled-by-request.js';
import { isTooMuch } from './cancellation.js';
import { Models } from '../models/models.js';
import { notAvailable } from './not-available.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import type { ResponseRun } from './response-run.js';
import { isTerminal, stateOf, type StoredResponse, type TerminalEvent } from './stored-response.js';

/** How long a response goes on when it has no reader and is no background response, in seconds. */
const GRACE = 30;

/** Other streams of the store hold no response. */
const PREFIX = 'resp_';

const isResponseId = (id: string): boolean => id.startsWith(PREFIX);

/** Behind which event a reader goes on. */
export type PlaceInLog = Pick<ReadRequest, 'after' | 'epoch'>;

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
    return this.resumption.newId(PREFIX).catch(() => {
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
    const opened = await this.resumption.start({
      id: run.id,
      principal: run.principal,
      request: JSON.stringify(stored),
      background: stored.head.background === true,
      grace: GRACE,
    });
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, run.id);
    const { production } = opened.stream;
    if (production) {
      stopWith(production, stop);
      void this.#produce(run, production);
    }
    return opened.stream;
  }

  /**
   * A reader behind a place of the log, by default from its start. A response whose producer is gone goes on here.
   * @throws ApiError (404, 410, 503)
   */
  async open(
    id: string,
    principal: string,
    { after, epoch }: PlaceInLog = { after: -1 },
  ): Promise<FollowedStream> {
    if (!isResponseId(id)) throw notAvailable('unknown', id);
    const opened = await this.resumption.resume({ id, principal, after, epoch });
    if (opened.outcome !== 'open') throw notAvailable(opened.outcome, id);
    const { stream } = opened;
    if (stream.production) void this.#continue(stream, principal, stream.production);
    return stream;
  }

  /** Reads until the terminal event, or until `signal` aborts. */
  async *events(
    stream: FollowedStream,
    principal: string,
    signal: AbortSignal,
  ): AsyncGenerator<PlacedEvent<ResponseEvent>, void, undefined> {
    const takeOver = (production: Production) => {
      void this.#continue(stream, principal, production);
    };
    try {
      for await (const { sequence, epoch, payload } of stream.events(takeOver, signal)) {
        yield { id: eventId({ id: stream.id, after: sequence, epoch }), event: eventOf(payload) };
      }
    } catch (error) {
      if (error instanceof StreamReadError) throw notAvailable(error.reason, stream.id);
      throw error;
    }
  }

  /**
   * The response as it stands now.
   * @throws ApiError (404, 410) when its log was lost
   */
  async state(stream: FollowedStream): Promise<ResponseBody> {
    return stateOf(storedOf(stream).head, await this.#logged(stream.id));
  }

  /**
   * What a response was begun with.
   * @throws ApiError (404, 410, 503)
   */
  async find(id: string, principal: string): Promise<StoredResponse> {
    if (!isResponseId(id)) throw notAvailable('unknown', id);
    const found = await this.resumption.find(id, principal).catch(() => {
      throw notAvailable('unavailable', id);
    });
    if (found.outcome !== 'found') throw notAvailable(found.outcome, id);
    return storedOf(found.head);
  }

  /** @throws ApiError (404, 410, 503) */
  async cancel(id: string, principal: string): Promise<void> {
    if (!isResponseId(id)) throw notAvailable('unknown', id);
    const { outcome } = await this.resumption.cancel(id, principal);
    if (outcome !== 'requested' && outcome !== 'closed') throw notAvailable(outcome, id);
  }

  /** @throws ApiError (404, 410, 503) */
  async delete(id: string, principal: string): Promise<void> {
    if (!isResponseId(id)) throw notAvailable('unknown', id);
    const { outcome } = await this.resumption.delete(id, principal);
    if (outcome !== 'deleted') throw notAvailable(outcome, id);
  }

  async #logged(id: string): Promise<ResponseEvent[]> {
    const logged = await this.resumption.logged(id);
    if (logged.outcome !== 'logged') throw notAvailable(logged.outcome, id);
    return logged.payloads.map(eventOf);
  }

  async #continue(stream: FollowedStream, principal: string, production: Production) {
    try {
      const { head, prompt, token } = storedOf(stream);
      const events = await this.#logged(stream.id);
      const stop = new AbortController();
      // First: of a response that was cancelled meanwhile, no model is asked for the rest.
      stopWith(production, stop);
      const options = { principal, continuation: events };
      const run = this.directory.open(head, stop.signal, options);
      if (production.isExhausted) run.abandon();
      else await this.#start(run, { head, prompt, token });
      await this.#produce(run, production);
    } catch (error) {
      // The store cannot be read: the replica that is asked next may have more luck.
      this.#logger.error(`Response ${stream.id} cannot be continued here.`, error);
      await production.release();
    }
  }

  async #start(run: ResponseRun, { head, prompt, token }: StoredResponse): Promise<void> {
    try {
      await run.start(this.models.find(head.model), prompt, { durable: true, token });
    } catch (error) {
      this.#logger.warn(
        `Response ${run.id} was interrupted and cannot be continued: ${told(error)}`,
      );
      run.abandon();
    }
  }

  async #produce(run: ResponseRun, production: Production): Promise<void> {
    // Its signal aborts when a write is refused: the run then ends with an event that says so.
    for await (const event of run.events()) {
      if (isTerminal(event)) await logLast(event, production);
      else await production.write(JSON.stringify(event)).catch(() => undefined);
    }
  }
}

function stopWith({ signal }: Production, stop: AbortController): void {
  const end = () => stop.abort(reasonOf(signal));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
}

/** Never rejects: refused, and rightly, is the last event of a response that another replica produces now. */
async function logLast(event: TerminalEvent, production: Production): Promise<void> {
  try {
    await production.close(JSON.stringify(asLast(event, production)));
  } catch (error) {
    const isOurs = error instanceof ProductionStoppedError && isTooMuch(error);
    const last = isOurs ? tooMuch(event) : event;
    await production.fail(JSON.stringify(asLast(last, production))).catch(() => undefined);
  }
}

/** Its number, also if events before it were not taken. */
function asLast(event: TerminalEvent, { cursor }: Production): TerminalEvent {
  return { ...event, sequence_number: cursor.next };
}

/** A log that is full has room for a failure without the text. */
function tooMuch({ response }: TerminalEvent): TerminalEvent {
  const message = 'The answer grew larger than what is kept of one.';
  const error = response.error ?? { code: 'server_error' as const, message };
  const failed: ResponseBody = { ...response, status: 'failed', error, output: [] };
  return { type: 'response.failed', response: failed, sequence_number: 0 };
}

function reasonOf({ reason }: AbortSignal): unknown {
  const isCancelled = reason instanceof ProductionStoppedError && reason.reason === 'cancelled';
  return isCancelled ? new CancelledByRequest() : reason;
}

/** With what the operator has to look at, which no caller is told. */
function told(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? `${message} ${cause.message}` : message;
}

function storedOf({ request }: { readonly request: string }): StoredResponse {
  return JSON.parse(request) as StoredResponse;
}

function eventOf(payload: string): ResponseEvent {
  return JSON.parse(payload) as ResponseEvent;
}
