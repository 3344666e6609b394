import { Injectable } from '@nestjs/common';
import { invalidRequest } from '../errors/api-error.js';
import { follow, type Caller } from './caller.js';
import { notFound } from './not-available.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody } from './response-event.js';
import { ResponseLog, type PlaceInLog } from './response-log.js';
import type { ResponseRun } from './response-run.js';
import type { StoredResponse } from './stored-response.js';
import { isUnstored } from './unstored.js';

/** How long a cancel waits for a response that another replica produces, in milliseconds. */
const CANCEL_PATIENCE = 15_000;

/** What can be done with a response that was begun, whichever replica began it. */
@Injectable()
export class KeptResponses {
  constructor(
    private readonly directory: ResponseDirectory,
    private readonly log: ResponseLog,
  ) {}

  /**
   * What follows a place in a response.
   * @throws ApiError (400, 404, 410, 503)
   */
  async resume(id: string, place: PlaceInLog, caller: Caller) {
    if (isUnstored(id)) {
      const told =
        'This response cannot be streamed again: it was created with store set to false.';
      throw invalidRequest(told, 'stream', 'not_resumable');
    }
    const stream = await this.log.open(id, caller.principal, place);
    return { isAtEnd: stream.left === 0, events: () => follow(this.log, stream, caller) };
  }

  /** @throws ApiError (404, 410, 503) */
  async state(id: string, principal: string): Promise<ResponseBody> {
    if (isUnstored(id)) return this.#unstored(id, principal).response;
    return this.log.state(await this.log.open(id, principal));
  }

  /**
   * What a response was begun with.
   * @throws ApiError (404, 410, 503)
   */
  async stored(id: string, principal: string): Promise<StoredResponse> {
    if (isUnstored(id)) throw notKept(id);
    return this.log.find(id, principal);
  }

  /**
   * Forgets a response, and ends it if it is still produced.
   * @throws ApiError (404, 410, 503)
   */
  async delete(id: string, principal: string): Promise<void> {
    if (isUnstored(id)) throw notKept(id);
    await this.log.delete(id, principal);
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
    const stream = await this.log.open(id, principal);
    const patience = AbortSignal.timeout(CANCEL_PATIENCE);
    for await (const event of this.log.events(stream, principal, patience)) void event;
    return this.log.state(stream);
  }

  /** @throws ApiError (404) when this replica produced no response for that subtask. */
  async cancelSubtask(subtaskId: string, principal: string): Promise<ResponseBody> {
    const run = this.directory.findByMetadata('subtask_id', subtaskId, principal);
    if (run) return this.cancel(run.id, principal);
    throw notFound(`No response found with metadata.subtask_id '${subtaskId}'.`);
  }

  #unstored(id: string, principal: string): ResponseRun {
    const run = this.directory.find(id, principal);
    if (run) return run;
    throw notFound(`No response found with id '${id.slice(0, 80)}'.`);
  }
}

function notKept(id: string): Error {
  return notFound(`Response '${id.slice(0, 80)}' is not kept: it was created with store: false.`);
}
