import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent as UndiciAgent, request as undiciRequest } from 'undici';

/** How a client sends a request on the one connection that it keeps. Resolves with the status and the body. */
export interface PooledClient {
  send(url: string, body?: object): Promise<{ readonly status: number; readonly text: string }>;
  close(): Promise<void>;
}

export const pools = {
  /** Node's own agent, which hands a connection out again in the turn in which its answer ended. */
  'http.Agent': httpAgent,
  undici,
} as const satisfies Record<string, () => PooledClient>;

/** Milliseconds after which a client sends its next request on the same connection. */
export const pauses = [0, 1, 20, 100] as const;

export function pauseBefore(milliseconds: number): Promise<unknown> {
  return milliseconds === 0 ? Promise.resolve() : sleep(milliseconds);
}

function httpAgent(): PooledClient {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Content-Type': 'application/json' };
  return {
    send: (url, body) =>
      new Promise((resolve, reject) => {
        const method = body ? 'POST' : 'GET';
        const request = httpRequest(url, { agent, method, headers }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('error', reject);
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        });
        request.on('error', reject);
        request.end(body && JSON.stringify(body));
      }),
    close: () => Promise.resolve(agent.destroy()),
  };
}

function undici(): PooledClient {
  const dispatcher = new UndiciAgent({ connections: 1, keepAliveTimeout: 60_000 });
  return {
    async send(url, body) {
      const { statusCode, body: answer } = await undiciRequest(url, {
        dispatcher,
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json' },
      });
      return { status: statusCode, text: await answer.text() };
    },
    close: () => dispatcher.close(),
  };
}
