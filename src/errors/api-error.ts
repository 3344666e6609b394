import { HttpException } from '@nestjs/common';

export type ApiErrorType = 'invalid_request_error' | 'rate_limit_error' | 'server_error';

/** The body of every error under /v1, as OpenAI's clients expect it. */
export interface ApiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: ApiErrorType;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface ApiErrorDetails {
  readonly type: ApiErrorType;
  readonly param?: string | null;
  readonly code?: string | null;
  /** Seconds until another try is worth it. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** An error the caller is told about, with the remedy in its message. */
export class ApiError extends HttpException {
  override readonly name = 'ApiError';
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, details: ApiErrorDetails) {
    super(errorBody(message, details), status, { cause: details.cause });
    this.message = message;
    this.retryAfter = details.retryAfter;
  }
}

export function errorBody(message: string, details: ApiErrorDetails): ApiErrorBody {
  const { type, param = null, code = null } = details;
  return { error: { message, type, param, code } };
}

/** 400: the caller has to change the request. */
export function invalidRequest(message: string, param: string | null, code?: string): ApiError {
  return new ApiError(400, message, { type: 'invalid_request_error', param, code: code ?? null });
}
