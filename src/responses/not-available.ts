import { ApiError } from '../errors/api-error.js';
import type { ResumptionRefusal } from 'nestjs-drain-resume';

/** Why a response cannot be kept or had, in OpenAI's shape. */
export function notAvailable(reason: ResumptionRefusal, id: string): ApiError {
  const asked = id.slice(0, 80);
  switch (reason) {
    case 'unknown':
      return notFound(`No response found with id '${asked}'.`);
    case 'gone':
      return gone(`Response '${asked}' was lost. Send the request again.`);
    case 'ahead':
      return gone(`Response '${asked}' has no event after starting_after. Ask with a smaller one.`);
    case 'tooMany':
      return new ApiError(429, 'Too many responses are kept for this key. Try again later.', {
        type: 'rate_limit_error',
        code: 'rate_limit_exceeded',
      });
    case 'leaving':
      return tryAgain(
        'This replica is shutting down. Send the request again: another replica will answer.',
        'shutting_down',
      );
    default:
      return tryAgain('Responses cannot be kept at the moment. Send the request again.', null);
  }
}

export function notFound(message: string): ApiError {
  return new ApiError(404, message, { type: 'invalid_request_error', code: 'not_found' });
}

function gone(message: string): ApiError {
  return new ApiError(410, message, { type: 'invalid_request_error', code: 'response_gone' });
}

function tryAgain(message: string, code: string | null): ApiError {
  return new ApiError(503, message, { type: 'server_error', code, retryAfter: 1 });
}
