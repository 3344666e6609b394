import { Logger } from '@nestjs/common';
import { APIConnectionError, APIError } from 'openai';
import { ApiError, type ApiErrorType } from '../errors/api-error.js';

const logger = new Logger('Upstream');

/** The statuses that only the caller can mend. */
const CALLERS_OWN = [400, 413, 422];

/**
 * What the caller is told when the upstream refuses. The caller's own mistakes come through as they are. What only the
 * operator can mend is told in general, with the remedy as the cause, which goes to the log.
 */
export function upstreamError(error: unknown): unknown {
  if (error instanceof APIConnectionError) {
    return unavailable(
      'The upstream model cannot be reached: check OPENAI_BASE_URL, and that the upstream runs.',
      error,
    );
  }
  return error instanceof APIError ? refusal(error as APIError) : error;
}

function refusal(error: APIError): ApiError {
  const { status, code } = error;
  if (code === 'insufficient_quota') {
    logger.error('The upstream answers 429, insufficient_quota: check its plan and its budget.');
  }
  if (status === 429 || isCallersOwn(error)) return asItIs(error);
  return unavailable(`The upstream model answered ${said(error)}: ${remedyOf(status)}.`, error);
}

/** A clean end without a terminal event would pass for a finished answer; it is none. */
export function brokenOff(): Error {
  return new Error('The upstream broke off its answer without a terminal event.');
}

/** A second sample of a model does not continue the first one: they must never be spliced. */
export function refuseToContinue(why: string): Error {
  return new Error(`This model cannot go on with an answer that another process began: ${why}.`);
}

/** A 404 names what is missing: the model is the operator's, a file or an item is the caller's. */
function isCallersOwn({ status, param }: APIError): boolean {
  return CALLERS_OWN.includes(status!) || (status === 404 && param != null && param !== 'model');
}

function asItIs(error: APIError): ApiError {
  const { status, param, code, headers } = error;
  const message = (error.error as { message?: string } | undefined)?.message ?? error.message;
  const fallback = status === 429 ? 'rate_limit_error' : 'invalid_request_error';
  const retryAfter = retryAfterOf(headers?.get('retry-after'));
  return new ApiError(status!, message, {
    type: (error.type ?? fallback) as ApiErrorType,
    param: param ?? null,
    // vLLM repeats the status there.
    code: typeof code === 'string' ? code : null,
    ...(retryAfter !== undefined && { retryAfter }),
    cause: error,
  });
}

function unavailable(remedy: string, error: APIError): ApiError {
  const retryAfter = retryAfterOf(error.headers?.get('retry-after'));
  return new ApiError(502, 'The model cannot answer at the moment. Send the request again later.', {
    type: 'server_error',
    code: 'upstream_error',
    ...(retryAfter !== undefined && { retryAfter }),
    cause: new Error(remedy, { cause: error }),
  });
}

/** Without the upstream's message where it may repeat a part of the key. */
function said({ status, message, requestID }: APIError): string {
  const request = requestID ? ` (request ${requestID})` : '';
  return status === 401 || status === 403 ? `${status}${request}` : `${message}${request}`;
}

function remedyOf(status: number | undefined): string {
  switch (status) {
    case 401:
      return 'check OPENAI_API_KEY';
    case 403:
      return 'check that OPENAI_API_KEY may use MODEL';
    case 404:
      return 'check MODEL and OPENAI_BASE_URL, and that the upstream has the API of OPENAI_API';
    default:
      return 'look at the log of the upstream';
  }
}

/** What a client is told to wait at most, in seconds: a day. */
const LONGEST_WAIT = 86_400;

/** In seconds, from a number or a date. */
function retryAfterOf(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds)
    ? undefined
    : Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_WAIT);
}
