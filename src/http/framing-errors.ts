import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, type ApiErrorBody } from '../errors/api-error.js';
import { isApiUrl } from '../errors/api-url.js';
import { chooseRequestId, REQUEST_ID } from './request-id.js';

/** What a request is told that never came as far as a route. */
const remedies: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['invalid_request', 'The request cannot be read: check its method, address and headers.'],
  408: ['request_timeout', 'The request took too long to arrive. Send it again.'],
  413: ['body_too_large', 'The chunk extensions of the body are too long.'],
  414: ['url_too_long', 'The address has a part that is too long: check the id in it.'],
  431: ['headers_too_large', 'The headers and the address together are too long.'],
};

/** What Node's parser calls the errors that are not plain 400s. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function bodyFor(status: number): ApiErrorBody {
  const [code, message] = remedies[status] ?? remedies[400]!;
  return errorBody(message, { type: 'invalid_request_error', code });
}

interface Framed<Raw> {
  readonly raw: Raw;
}

/** Answers Fastify's own errors, about an address that it cannot route: they pass no middleware and no filter. */
export function answerUnroutable(
  { statusCode: status = 400 }: { readonly statusCode?: number | undefined },
  { raw: { url = '', headers } }: Framed<IncomingMessage>,
  { raw: response }: Framed<ServerResponse>,
): void {
  const body = bodyFor(status);
  const told = JSON.stringify(
    isApiUrl(url) ? body : { statusCode: status, message: body.error.message },
  );
  response.setHeader(REQUEST_ID, chooseRequestId(headers['x-request-id']));
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(told));
  response.writeHead(status).end(told);
}

/** Answers what Node's parser refuses, on either adapter, where no answer is under way on the connection. */
export class ClientErrors {
  readonly #answers = new WeakMap<object, ServerResponse>();

  watch(server: Server): void {
    server.on('request', ({ socket }, response) => this.#answers.set(socket, response));
  }

  answer(error: NodeJS.ErrnoException, socket: Socket): void {
    const running = this.#answers.get(socket);
    const isFree = !running || !running.headersSent || running.writableFinished;
    if (socket.writable && isFree && error.code !== 'ECONNRESET') {
      socket.write(written(statuses[error.code ?? ''] ?? 400));
    }
    socket.destroy(error);
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

function written(status: number): string {
  const body = JSON.stringify(bodyFor(status));
  return [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID}: ${chooseRequestId()}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
