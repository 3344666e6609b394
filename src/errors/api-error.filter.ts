import type { IncomingMessage } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { StreamRefusedException } from 'nestjs-drain';
import { isApiUrl } from './api-url.js';
import { ApiError, errorBody, type ApiErrorBody } from './api-error.js';
import { unreadable } from './unreadable.js';

/** Gives every error under /v1 the shape that OpenAI's clients read. Status and headers stay as they are. */
@Catch()
export class ApiErrorFilter extends BaseExceptionFilter {
  readonly #logger = new Logger('Errors');

  override catch(exception: unknown, host: ArgumentsHost): void {
    const adapter = this.httpAdapterHost!.httpAdapter;
    const [request, response] = host.getArgs<[unknown, unknown]>();
    const [path = ''] = String(adapter.getRequestUrl(request)).split('?');
    if (!isApiUrl(path) || adapter.isHeadersSent(response)) {
      super.catch(exception, host);
      return;
    }
    // Its caller has left within it: no client is to be told, and nothing is wrong here.
    if (isAbortedUpload(request)) return;
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    if (status >= 500 && status !== 503) this.#report(exception);
    if (exception instanceof ApiError && exception.retryAfter !== undefined) {
      adapter.setHeader(response, 'Retry-After', String(exception.retryAfter));
    }
    const method = String(adapter.getRequestMethod(request));
    adapter.reply(response, bodyOf(exception, status, { method, path }), status);
  }

  #report(exception: unknown): void {
    const { message, stack, cause } =
      exception instanceof Error ? exception : new Error(String(exception));
    this.#logger.error(message, cause instanceof Error ? cause.stack : stack);
  }
}

/** @param request Express' own, which is Node's, or Fastify's */
function isAbortedUpload(request: unknown): boolean {
  const { raw = request } = request as { raw?: unknown };
  const { complete, destroyed } = raw as IncomingMessage;
  return destroyed && !complete;
}

interface RequestLine {
  readonly method: string;
  readonly path: string;
}

function bodyOf(exception: unknown, status: number, { method, path }: RequestLine): ApiErrorBody {
  if (exception instanceof ApiError) return exception.getResponse() as ApiErrorBody;
  if (exception instanceof StreamRefusedException) {
    return errorBody(
      `This replica is shutting down. Send the request again: another replica will answer.`,
      { type: 'server_error', code: 'shutting_down' },
    );
  }
  if (!(exception instanceof HttpException) || status >= 500) {
    return errorBody('The server had an error. Send the request again.', { type: 'server_error' });
  }
  if (status === 400 && !isDecodable(path)) return unreadable(status);
  const type = 'invalid_request_error';
  if (status === 404) {
    return errorBody(`Unknown request URL: ${method} ${path}.`, { type, code: 'unknown_url' });
  }
  return errorBody(exception.message, { type, code: codes[status] ?? null });
}

/** Express says of an address what it says of a body, with the same status. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const codes: Readonly<Record<number, string>> = {
  400: 'invalid_body',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};
