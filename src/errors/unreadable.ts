import { errorBody, type ApiErrorBody } from './api-error.js';

/** What a request is told that never came as far as a route. */
const remedies: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['invalid_request', 'The request cannot be read: check its method, address and headers.'],
  408: ['request_timeout', 'The request took too long to arrive. Send it again.'],
  413: ['body_too_large', 'The chunk extensions of the body are too long.'],
  414: ['url_too_long', 'The address has a part that is too long: check the id in it.'],
  431: ['headers_too_large', 'The headers and the address together are too long.'],
};

/** What is said of a request that cannot be read, by its status. */
export function unreadable(status: number): ApiErrorBody {
  const [code, message] = remedies[status] ?? remedies[400]!;
  return errorBody(message, { type: 'invalid_request_error', code });
}
