import type { ServerResponse } from 'node:http';

/**
 * Node closes the socket right behind a response with `Connection: close`. If the client is still
 * sending its body, what comes next is answered with a reset, and a reset may overtake the response.
 * So only our side ends, and the rest of the body is read and dropped until the client is done; one
 * that never is has its bound in `Connections.stop`.
 */
export function lingerWhileReceiving(response: ServerResponse): void {
  response.once('prefinish', () => {
    const { req: request, socket } = response;
    if (request.complete || !socket) return;
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      socket.end();
      request.once('end', destroySoon);
      request.resume();
    };
  });
}
