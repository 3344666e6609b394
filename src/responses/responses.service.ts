import { Injectable } from '@nestjs/common';
import type { FollowedStream } from 'nestjs-drain-resume';
import { ApiError, invalidRequest } from '../errors/api-error.js';
import { newId } from '../http/new-id.js';
import { Models } from '../models/models.js';
import { notFound } from './not-available.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import { headOf } from './response-head.js';
import { ResponseLog } from './response-log.js';
import { promptOf, type ResponseRequest } from './response-request.js';
import type { ResponseRun } from './response-run.js';

/** Ids tell responses that no log keeps, on any replica. */
const UNSTORED = 'resp_unstored';

/** How long a cancel waits for a response that another replica produces, in milliseconds. */
const CANCEL_PATIENCE = 15_000;

/** A response that was begun, for the caller who is still there. */
export interface BegunResponse {
  readonly id: string;
  /** As it stands now. */
  readonly response: ResponseBody;
  events(): AsyncIterable<ResponseEvent>;
  /**
   * The whole response, also one that was stopped short.
   * @throws ApiError (502) when the model failed.
   */
  whole(): Promise<ResponseBody>;
}

export interface Caller {
  readonly principal: string;
  /** Aborts when the caller leaves, and at the deadline of a drain. */
  readonly signal: AbortSignal;
}

@Injectable()
export class ResponsesService {
  constructor(
    private readonly models: Models,
    private readonly directory: ResponseDirectory,
    private readonly log: ResponseLog,
  ) {}

  /** How streams of stored responses are handed off; undefined if no other replica could go on with them. */
  get handOff() {
    return this.log.handOff;
  }

  /** @throws ApiError when the model is unknown or refuses to begin, or the response cannot be kept. */
  begin(request: ResponseRequest, caller: Caller): Promise<BegunResponse> {
    return request.store
      ? this.#beginStored(request, caller)
      : this.#beginUnstored(request, caller);
  }

  async #beginUnstored(request: ResponseRequest, caller: Caller): Promise<BegunResponse> {
    const model = this.models.find(request.model);
    const head = headOf(request, model.name, newId(UNSTORED));
    const run = this.directory.open(head, caller.signal, caller);
    await run.start(model, promptOf(request));
    return {
      id: run.id,
      response: run.response,
      events: () => run.events(),
      whole: () => run.finish(),
    };
  }

  async #beginStored(request: ResponseRequest, caller: Caller): Promise<BegunResponse> {
    const { principal, signal } = caller;
    const model = this.models.find(request.model);
    const head = headOf(request, model.name, await this.log.newId());
    const prompt = promptOf(request);
    const stop = new AbortController();
    const run = this.directory.open(head, stop.signal, { principal });
    const leave = () => stop.abort(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      await run.start(model, prompt, { durable: true });
      const stream = await this.log.record(run, { head, prompt, token: run.token }, stop);
      const events = () => this.#events(stream, caller);
      return { id: run.id, response: run.response, events, whole: () => whole(run, events()) };
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      // From here on its log decides, not the caller's connection.
      signal.removeEventListener('abort', leave);
    }
  }

  /**
   * What follows event `after` of a response; -1 reads from the first one.
   * @throws ApiError (400, 404, 410, 503)
   */
  async resume(id: string, after: number, caller: Caller) {
    if (isUnstored(id)) {
      const told =
        'This response cannot be streamed again: it was created with store set to false.';
      throw invalidRequest(told, 'stream', 'not_resumable');
    }
    const stream = await this.log.open(id, caller.principal, after);
    return { isAtEnd: stream.left === 0, events: () => this.#events(stream, caller) };
  }

  /** @throws ApiError (404, 410, 503) */
  async state(id: string, principal: string): Promise<ResponseBody> {
    if (isUnstored(id)) return this.#unstored(id, principal).response;
    return this.log.state(await this.log.open(id, principal, -1));
  }

  /**
   * Cancels a response, whichever replica produces it; what has ended stays as it ended.
   * @throws ApiError (404, 410, 503)
   */
  async cancel(id: string, principal: string): Promise<ResponseBody> {
    if (isUnstored(id)) {
      const run = this.#unstored(id, principal);
      run.cancel();
      return run.response;
    }
    await this.log.cancel(id, principal);
    const stream = await this.log.open(id, principal, -1);
    const patience = AbortSignal.timeout(CANCEL_PATIENCE);
    for await (const event of this.log.events(stream, principal, patience)) void event;
    return this.log.state(stream);
  }

  /** @throws ApiError (404) when this replica produced no response for that subtask. */
  async cancelSubtask(subtaskId: string, principal: string): Promise<ResponseBody> {
    const run = this.directory.findByMetadata('subtask_id', subtaskId, principal);
    if (run) return this.cancel(run.id, principal);
    throw notFound(`No response found with metadata.subtask_id '${subtaskId.slice(0, 64)}'.`);
  }

  #events(stream: FollowedStream, { principal, signal }: Caller) {
    // Where no other replica goes on after the deadline, the last events come then, and are to be read.
    return this.log.events(stream, principal, this.handOff ? signal : untilGone(signal));
  }

  #unstored(id: string, principal: string): ResponseRun {
    const run = this.directory.find(id, principal);
    if (run) return run;
    throw notFound(`No response found with id '${id.slice(0, 80)}'.`);
  }
}

/** Aborts when the caller leaves, not at the deadline. */
function untilGone(signal: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const look = () => {
    if ((signal.reason as Error).cause !== 'deadline') gone.abort(signal.reason);
  };
  if (signal.aborted) look();
  else signal.addEventListener('abort', look, { once: true });
  return gone.signal;
}

function isUnstored(id: string): boolean {
  return id.startsWith(`${UNSTORED}_`);
}

async function whole(run: ResponseRun, events: AsyncIterable<ResponseEvent>) {
  // Until the end, or until the caller's signal aborts: then with what there is.
  for await (const event of events) void event;
  const { response } = run;
  if (response.error === null) return response;
  throw new ApiError(502, response.error.message, { type: 'server_error' });
}
