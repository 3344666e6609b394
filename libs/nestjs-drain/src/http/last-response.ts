import type { ServerResponse } from 'node:http';
import { lingerWhileReceiving } from './linger.js';

/**
 * Makes a response whose headers are unsent the last one on its connection: `Connection: close` says
 * so, and the client opens its next connection elsewhere.
 *
 * @param isLast asked at the last moment: whether no pipelined request waits behind it.
 */
export function announceLastResponse(response: ServerResponse, isLast: () => boolean): void {
  announceClose(response, isLast);
  lingerWhileReceiving(response);
}

/**
 * Closes the connection behind a response that had promised to keep it alive. The FIN follows in the
 * same turn as the last bytes, so that a client that pools the connection learns of both together.
 */
export function closeBehind(response: ServerResponse, isLast: () => boolean): void {
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
