import { invalidRequest } from '../errors/api-error.js';
import type { Model } from './model.js';

/** The models that answer here. The first one answers requests that name none. */
export class Models {
  constructor(private readonly models: readonly [Model, ...Model[]]) {}

  get names(): string[] {
    return this.models.map(({ name }) => name);
  }

  /** @throws ApiError (400) when no model has that name. */
  find(name: string | null | undefined): Model {
    if (name == null) return this.models[0];
    const model = this.models.find((known) => known.name === name);
    if (model !== undefined) return model;
    throw invalidRequest(
      `The requested model does not exist. Models here: ${this.names.join(', ')}.`,
      'model',
      'model_not_found',
    );
  }
}
