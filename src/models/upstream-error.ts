import { APIConnectionError, APIError } from 'openai';
import { ApiError, invalidRequest } from '../errors/api-error.js';

/** What the caller is told when the upstream refuses: our configuration is none of the caller's business. */
export function upstreamError(error: unknown): unknown {
  if (error instanceof APIConnectionError) {
    return badGateway('The upstream model cannot be reached: check OPENAI_BASE_URL.', error);
  }
  if (!(error instanceof APIError)) return error;
  const { status, message, param, code } = error as APIError;
  if (status === 400 || status === 413 || status === 422) {
    return invalidRequest(message, param ?? null, code ?? undefined);
  }
  if (status === 429) {
    const told = 'The upstream model has too many requests. Try again later.';
    return new ApiError(429, told, { type: 'rate_limit_error', code: 'rate_limit_exceeded' });
  }
  const hint = 'check MODEL, OPENAI_API_KEY and OPENAI_BASE_URL';
  return badGateway(`The upstream model answered ${status}: ${hint}.`, error);
}

/** A clean end without a terminal event would pass for a finished answer; it is none. */
export function brokenOff(): Error {
  return new Error('The upstream broke off its answer without a terminal event.');
}

/** A second sample of a model does not continue the first one: they must never be spliced. */
export function refuseToContinue(): Error {
  return new Error('This model cannot go on with an answer that another process began.');
}

function badGateway(message: string, cause: unknown): ApiError {
  return new ApiError(502, message, { type: 'server_error', code: 'upstream_error', cause });
}
