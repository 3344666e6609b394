import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isApiUrl } from '../errors/api-url.js';
import { unreadable } from '../errors/unreadable.js';
import { chooseRequestId, REQUEST_ID } from './request-id.js';

/** What Node's parser calls the errors that are not plain 400s. */
const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface Framed<Raw> {
  readonly raw: Raw;
}

/** Answers Fastify's own errors, about an address that it cannot route: they pass no middleware and no filter. */
export function answerUnroutable(
  { statusCode: status = 400 }: { readonly statusCode?: number | undefined },
  { raw: { url = '', headers } }: Framed<IncomingMessage>,
  { raw: response }: Framed<ServerResponse>,
): void {
  const body = unreadable(status);
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
  const body = JSON.stringify(unreadable(status));
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
