import { Injectable } from '@nestjs/common';
import { ApiError } from '../errors/api-error.js';
import { Models } from '../models/models.js';
import { ResponseDirectory } from './response-directory.js';
import type { ResponseBody } from './response-event.js';
import { headOf } from './response-head.js';
import { promptOf, type ResponseRequest } from './response-request.js';
import type { ResponseRun } from './response-run.js';

@Injectable()
export class ResponsesService {
  constructor(
    private readonly models: Models,
    private readonly directory: ResponseDirectory,
  ) {}

  /**
   * Begins a response; its events are then there to be read.
   * @throws ApiError when the model is unknown or refuses to begin.
   */
  async start(request: ResponseRequest, signal: AbortSignal): Promise<ResponseRun> {
    const model = this.models.find(request.model);
    const run = this.directory.open(headOf(request, model.name), signal);
    await run.start(model, promptOf(request));
    return run;
  }

  /** @throws ApiError (404) when no response has that id. */
  cancel(id: string): ResponseBody {
    return cancel(this.directory.find(id), `No response found with id '${id.slice(0, 64)}'.`);
  }

  /** @throws ApiError (404) when no response was made for that subtask. */
  cancelSubtask(subtaskId: string): ResponseBody {
    const run = this.directory.findByMetadata('subtask_id', subtaskId);
    return cancel(run, `No response found with metadata.subtask_id '${subtaskId.slice(0, 64)}'.`);
  }
}

function cancel(run: ResponseRun | undefined, otherwise: string): ResponseBody {
  if (run === undefined) {
    throw new ApiError(404, otherwise, { type: 'invalid_request_error', code: 'not_found' });
  }
  run.cancel();
  return run.response;
}
