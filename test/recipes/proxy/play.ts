import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { throughSigterm } from '../support/events.js';
import type { Cleanups, Env, Recipe } from '../support/recipe.js';

/** What the application stands before: `/answers` ends after 20 events, all else goes on; WebSockets tick too. */
async function startUpstream(cleanups: Cleanups): Promise<Env> {
  const server = createServer((request, response) => {
    const isFinite = request.url?.startsWith('/answers');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    let n = 0;
    const timer = setInterval(() => {
      n += 1;
      response.write(`data: ${n}\n\n`);
      if (isFinite && n === 20) response.end();
    }, 100);
    response.on('close', () => clearInterval(timer));
  });
  tick(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  cleanups.push(() => server.closeAllConnections());
  return { UPSTREAM: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Messages without a pause, of many frames' sizes: a close frame may fall into any of them. */
function tick(server: Server): void {
  new WebSocketServer({ server }).on('connection', (client) => {
    client.on('error', () => client.terminate());
    let n = 0;
    const send = (): void => {
      if (client.readyState !== WebSocket.OPEN) return;
      n += 1;
      client.send(`${n} ${'x'.repeat((n * 7919) % 100_000)}`, () => setTimeout(send, 1));
    };
    send();
  });
}

interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly messages: readonly string[];
}

/** Reads messages to the close, with SIGTERM after the fifth. */
async function readMessages(url: string, onMiddle: () => void): Promise<Closed> {
  const messages: string[] = [];
  const client = new WebSocket(url.replace('http', 'ws'));
  client.on('message', (data: Buffer) => {
    messages.push(data.toString());
    if (messages.length === 5) onMiddle();
  });
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  return { code, reason: reason.toString(), messages };
}

export const proxy: Recipe = {
  name: 'proxy',
  plays: [
    {
      underWay: 'a proxied answer (events)',
      prepare: startUpstream,
      run: (app) => throughSigterm(app, '/api/answers', { total: 20 }),
    },
    {
      underWay: 'a proxied answer that outlasts `timeout`',
      prepare: startUpstream,
      env: { TIMEOUT: '1' },
      outcome: 'timeout',
      run: (app) => throughSigterm(app, '/api/answers'),
    },
    {
      underWay: 'a proxied endless event stream',
      prepare: startUpstream,
      run: (app) => throughSigterm(app, '/api/ticks'),
    },
    {
      underWay: 'a proxied WebSocket',
      prepare: startUpstream,
      async run(app) {
        const { code, reason, messages } = await readMessages(`${app.url}/api/live`, app.terminate);
        const isWhole = messages.every(
          (text, index) => text === `${index + 1} ${'x'.repeat(((index + 1) * 7919) % 100_000)}`,
        );
        const words = isWhole ? 'every message whole' : 'messages broken';
        return `${words}, the close code ${code}, \`${reason}\``;
      },
    },
  ],
};
