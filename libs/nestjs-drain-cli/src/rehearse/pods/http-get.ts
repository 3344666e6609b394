import { request as requestHttp, type Agent, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { buffer } from 'node:stream/consumers';

/** A GET as the kubelet sends it. */
export interface HttpGet {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly scheme: 'http' | 'https';
  readonly headers: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

const redirectLimit = 10;

/**
 * The status of a GET, redirects followed, the body read to its end.
 * Like the kubelet it does not verify certificates. Rejects when the connection fails or `signal` aborts.
 */
export async function httpGet(get: HttpGet, signal: AbortSignal, hops = 0): Promise<number> {
  const response = await send(get, signal);
  await buffer(response);
  const status = response.statusCode ?? 0;
  const location = response.headers.location;
  if (status < 300 || status >= 400 || location === undefined || hops === redirectLimit) {
    return status;
  }
  const next = new URL(location, `${get.scheme}://${get.host}:${get.port}${get.path}`);
  // Redirects that leave the pod are not followed: nothing outside the rehearsal is called.
  if (next.hostname !== get.host || Number(next.port) !== get.port) return status;
  return httpGet({ ...get, path: `${next.pathname}${next.search}` }, signal, hops + 1);
}

function send(get: HttpGet, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host, port, path, headers, agent } = get;
    const common = { host, port, path, headers: { Accept: '*/*', ...headers }, signal };
    const request =
      get.scheme === 'https'
        ? requestHttps({ ...common, rejectUnauthorized: false }, resolve)
        : requestHttp({ ...common, ...(agent ? { agent } : {}) }, resolve);
    request.on('error', reject).end();
  });
}
