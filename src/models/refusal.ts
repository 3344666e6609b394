import { invalidRequest, type ApiError } from '../errors/api-error.js';

/** 400: the model that is asked has no such parameter, or not with this value. */
export function notSupported(param: string, why: string): ApiError {
  return invalidRequest(
    `Unsupported '${param}': ${why}. Leave it out.`,
    param,
    'unsupported_parameter',
  );
}
