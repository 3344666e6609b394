import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from './new-id.js';

export const REQUEST_ID = 'X-Request-ID';

/** Letters, digits and a little punctuation: what can be printed into a header and a log as it is. */
const VALID = /^[\w.:/+=@-]{1,128}$/;

/** Middleware: every answer carries the caller's request id, or a new one when there is none to trust. */
export function requestId(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader(REQUEST_ID, chooseRequestId(request.headers['x-request-id']));
  next();
}

/** The first candidate that is safe to repeat, else a new id. */
export function chooseRequestId(...candidates: readonly unknown[]): string {
  const isValid = (value: unknown) => typeof value === 'string' && VALID.test(value);
  return (candidates.find(isValid) as string | undefined) ?? newId('req');
}
