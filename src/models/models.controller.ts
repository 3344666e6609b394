import { Controller, Get, Param } from '@nestjs/common';
import { ApiError } from '../errors/api-error.js';
import { Models } from './models.js';

/** The models as OpenAI lists them. */
@Controller('v1/models')
export class ModelsController {
  /** Nothing says when a model was made: they are offered since the service started. */
  readonly #created = Math.floor(Date.now() / 1000);

  constructor(private readonly models: Models) {}

  @Get()
  list() {
    return { object: 'list', data: this.models.names.map((name) => this.#describe(name)) };
  }

  /** @throws ApiError (404) */
  @Get(':id')
  retrieve(@Param('id') id: string) {
    if (this.models.names.includes(id)) return this.#describe(id);
    throw new ApiError(404, `The model '${id.slice(0, 80)}' does not exist.`, {
      type: 'invalid_request_error',
      param: 'model',
      code: 'model_not_found',
    });
  }

  #describe(id: string) {
    return { id, object: 'model', created: this.#created, owned_by: 'chat-shell' };
  }
}
