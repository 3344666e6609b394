import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { lookAt } from '../compat/look.js';
import { onBodyProgress } from '../compat/node.js';
import { http2StreamOf } from '../compat/response.js';
import type { Timers } from './timers.js';

/** Milliseconds for which a request body may make no progress while draining (PROTOCOL.md, Connections). */
export const bodyPatience = 5_000;

/**
 * From here on, a request whose handler waits for a body that does not come is ended: with 408 and the
 * end of its connection, or with CANCEL on HTTP/2. A body that the handler does not read is not the
 * client's fault, and a response that has begun is no longer waited for in vain.
 */
export function endWhenStalled(response: ServerResponse, timers: Timers): void {
  const request = lookAt(response, 'req');
  if (lookAt(request, 'complete') || !hasBody(request)) return;
  let progressAt = timers.now();
  onBodyProgress(request, () => (progressAt = timers.now()));
  const look = (): void => {
    if (request.complete || response.headersSent || response.destroyed) return;
    if (!isAwaited(request, response)) progressAt = timers.now();
    const due = progressAt + bodyPatience;
    if (due > timers.now()) timers.at(due, look);
    else end(request, response);
  };
  timers.at(progressAt + bodyPatience, look);
}

function hasBody(request: IncomingMessage): boolean {
  const stream = http2StreamOf(request);
  if (stream) return !stream.endAfterHeaders;
  return 'content-length' in request.headers || 'transfer-encoding' in request.headers;
}

/** Whether the handler has read all that came and wants more. */
function isAwaited(request: IncomingMessage, response: ServerResponse): boolean {
  const isRead = request.readableFlowing === true || request.listenerCount('readable') > 0;
  // Without a socket the response stands behind another one of its connection.
  return isRead && request.readableLength === 0 && response.socket !== null;
}

function end(request: IncomingMessage, response: ServerResponse): void {
  const stream = http2StreamOf(request);
  if (stream) {
    stream.close(constants.NGHTTP2_CANCEL);
    return;
  }
  // Not through the response: the handler learns that its client is gone, and may still try to answer.
  const { socket } = response;
  socket?.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', () => socket.destroy());
}
