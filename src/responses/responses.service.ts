import { Injectable } from '@nestjs/common';
import { eventId } from 'nestjs-drain/resume';
import { ApiError, invalidRequest } from '../errors/api-error.js';
import type { PlacedEvent } from '../http/event-stream.js';
import { Models } from '../models/models.js';
import { follow, type Caller } from './caller.js';
import { IdempotencyKeys, responseGone } from './idempotency.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody, ResponseEvent } from './response-event.js';
import { headOf } from './response-head.js';
import { ResponseLog } from './response-log.js';
import { promptOf, type ResponseRequest } from './response-request.js';
import type { ResponseRun } from './response-run.js';
import { isUnstored, newUnstoredId } from './unstored.js';
import { refuseCutShort, wholeResponse } from './whole-response.js';

/** A response that was begun, for the caller who is still there. */
export interface BegunResponse {
  readonly id: string;
  /** As it stands now. */
  state(): Promise<ResponseBody>;
  events(): AsyncIterable<PlacedEvent<ResponseEvent>>;
  /** @throws ApiError (502) when the model failed, and 503 when only another replica can bring it to its end. */
  whole(): Promise<ResponseBody>;
}

/** What makes a request the same as an earlier one. */
export interface Repeatable {
  /** The `Idempotency-Key`. */
  readonly key: string;
  readonly body: unknown;
}

/** Begins responses. */
@Injectable()
export class ResponsesService {
  constructor(
    private readonly models: Models,
    private readonly directory: ResponseDirectory,
    private readonly log: ResponseLog,
    private readonly keys: IdempotencyKeys,
  ) {}

  /** How streams of stored responses are handed off; undefined if no other replica could go on with them. */
  get handOff() {
    return this.log.handOff;
  }

  /**
   * Begins a response, or finds the one that an earlier request with the same key has begun.
   * @throws ApiError when the model is unknown or refuses to begin, or the response cannot be kept; 503 when this
   * replica shuts down before the model has begun
   */
  async begin(
    request: ResponseRequest,
    caller: Caller,
    repeatable?: Repeatable,
  ): Promise<BegunResponse> {
    if (request.background && !this.handOff) throw needsSharedStore();
    const id = async () => (request.store ? this.log.newId() : newUnstoredId());
    if (!repeatable) return this.#begin(await id(), request, caller);
    const claim = await this.keys.claim({ ...repeatable, principal: caller.principal }, id);
    if (claim.outcome === 'repeated') return this.#repeat(claim.id, caller);
    try {
      const begun = await this.#begin(claim.id, request, caller);
      await claim.settle();
      return begun;
    } catch (error) {
      await claim.giveUp();
      throw error;
    }
  }

  #begin(id: string, request: ResponseRequest, caller: Caller): Promise<BegunResponse> {
    return request.store
      ? this.#beginStored(id, request, caller)
      : this.#beginUnstored(id, request, caller);
  }

  async #beginUnstored(
    id: string,
    request: ResponseRequest,
    caller: Caller,
  ): Promise<BegunResponse> {
    const model = this.models.find(request.model);
    const run = this.directory.open(headOf(request, model.name, id), caller.signal, caller);
    await run.start(model, promptOf(request));
    refuseCutShort(run.response);
    return begun(run, () => placed(run));
  }

  async #beginStored(id: string, request: ResponseRequest, caller: Caller): Promise<BegunResponse> {
    const { principal, signal } = caller;
    const model = this.models.find(request.model);
    const head = headOf(request, model.name, id);
    const prompt = promptOf(request);
    const stop = new AbortController();
    const run = this.directory.open(head, stop.signal, { principal });
    const leave = () => stop.abort(signal.reason);
    signal.addEventListener('abort', leave);
    try {
      await run.start(model, prompt, { durable: true });
      refuseCutShort(run.response);
      const stream = await this.log.record(run, { head, prompt, token: run.token }, stop);
      return begun(run, () => follow(this.log, stream, caller));
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      // From here on its log decides, not the caller's connection.
      signal.removeEventListener('abort', leave);
    }
  }

  async #repeat(id: string, caller: Caller): Promise<BegunResponse> {
    if (isUnstored(id)) throw responseGone();
    const stream = await this.log.open(id, caller.principal).catch((error: unknown) => {
      const isLost = error instanceof ApiError && [404, 410].includes(error.getStatus());
      throw isLost ? responseGone() : error;
    });
    const events = () => follow(this.log, stream, caller);
    const state = () => this.log.state(stream);
    return { id, state, events, whole: () => wholeResponse(id, events()) };
  }
}

function begun(
  run: ResponseRun,
  events: () => AsyncIterable<PlacedEvent<ResponseEvent>>,
): BegunResponse {
  const { id } = run;
  const state = () => Promise.resolve(run.response);
  return { id, state, events, whole: () => wholeResponse(id, events()) };
}

async function* placed(run: ResponseRun): AsyncGenerator<PlacedEvent<ResponseEvent>> {
  for await (const event of run.events()) {
    const place = { id: run.id, after: event.sequence_number, epoch: undefined };
    yield { id: eventId(place), event };
  }
}

function needsSharedStore(): Error {
  return invalidRequest(
    'Responses are kept in this process only, so one that is finished in the background could be lost: leave ' +
      'background out, or have the operator set STORE_URL.',
    'background',
    'background_needs_store',
  );
}
