import type { ServerResponse } from 'node:http';
import { lingerWhileReceiving } from './linger.js';

/**
 * Makes a response the last one on its connection, so that the client opens its next connection
 * elsewhere. Before the headers are out, `Connection: close` says so. After a promised keep-alive
 * the FIN follows in the same turn as the last bytes: a client that pools the connection learns of
 * its end together with the end of the answer, and never writes a request into a closing socket.
 *
 * @param isLast asked at the last moment: whether no pipelined request waits behind it.
 */
export function makeLastResponse(response: ServerResponse, isLast: () => boolean): void {
  if (!response.headersSent) {
    announceClose(response, isLast);
    lingerWhileReceiving(response);
    return;
  }
  response.once('prefinish', () => {
    if (isLast()) response.socket?.end();
  });
}

/** `writeHead` is where every header ends up, whoever set it (Nest's @Sse insists on keep-alive). */
function announceClose(response: ServerResponse, isLast: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    if (!isLast()) return writeHead(...args);
    response.setHeader('Connection', 'close');
    const headers = args.at(-1);
    if (typeof headers === 'object' && headers !== null) {
      args[args.length - 1] = withoutConnection(headers);
    }
    return writeHead(...args);
  };
}

function withoutConnection(headers: object): object {
  const isConnection = (name: unknown): boolean => String(name).toLowerCase() === 'connection';
  if (!Array.isArray(headers)) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !isConnection(name)));
  }
  // The flat form: name, value, name, value …
  const flat = headers as unknown[];
  return flat.filter((_, index) => !isConnection(flat[index - (index % 2)]));
}
