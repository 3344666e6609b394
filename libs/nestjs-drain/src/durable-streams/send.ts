import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { breakOff } from '../compat/response.js';
import type { Answer } from './answer.js';

/** Sends an answer. One that fails in the middle is broken off, so that its reader takes no part for the whole. */
export async function send(
  response: ServerResponse,
  { status, headers, body }: Answer,
  stop: AbortSignal,
): Promise<void> {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    const length = body && { 'Content-Length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length }).end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    for await (const part of body) {
      if (response.destroyed) return;
      if (!response.write(part)) await Promise.race([once(response, 'drain'), aborted(stop)]);
    }
    response.end();
  } catch {
    breakOff(response);
  }
}

const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};
