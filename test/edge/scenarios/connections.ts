import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { expect } from '@jest/globals';
import { lameDuck } from '../bench.js';
import { closeOf, connectSocket } from '../client.js';
import { describeAnswer } from '../describe.js';
import type { Answer } from '../exchange.js';
import { Http1Client } from '../http1-client.js';
import type { Http2Client } from '../http2-client.js';
import { isHttp1, isHttp2, isPlain, type Scenario } from '../scenario.js';

const waiting = 50;
const request = 'GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n';

const upgraded = (name: string, head: string, status: string): Scenario => ({
  name,
  on: isHttp1,
  options: { bareUpgrades: true },
  bound: 'flushTimeout',
  async run(bench) {
    const socket = await connectSocket(bench.flavour, await bench.port(), { allowHalfOpen: true });
    const closed = closeOf(socket);
    socket.write(`${head}\r\nHost: localhost\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toContain(status);
    await bench.trigger();
    return `${status}; ${await closed}`;
  },
});

/** Connections that are kept, queued, upgraded or stalled: law 11 and the bounds of law 7. */
export const connections: readonly Scenario[] = [
  {
    name: 'law 11: a kept connection reused at once, behind a stream that ended during draining',
    on: isHttp1,
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      const stream = client.request('/events?gate=events');
      await stream.reads('first');
      await bench.trigger();
      await bench.app.tells('phase', { phase: 'draining' });
      bench.open('events');
      const streamed = await stream.done;
      const answer = await client.request('/plain').done;
      expect([streamed.isComplete, answer.status, answer.isComplete]).toEqual([true, 200, true]);
      return `${describeAnswer(streamed)}; then ${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'law 11: the next stream on a kept connection during draining, behind a lame duck',
    on: isHttp1,
    options: { drain: lameDuck },
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      // Holds the drain: without it the next request would have to come within the 250 ms of law 11.
      const held = (await bench.client()).request('/events?gate=held');
      const stream = client.request('/events?gate=one');
      await Promise.all([stream.reads('first'), held.reads('first')]);
      await bench.trigger();
      await bench.app.tells('phase', { phase: 'draining' });
      bench.app.open('one');
      await stream.done;
      const next = client.request('/events?gate=two');
      await next.reads('first');
      bench.app.open('held');
      await held.done;
      bench.open('two');
      const answer = await next.done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: `law 11: ${waiting} clients in the accept queue when the drain begins`,
    on: isPlain,
    bound: 'at once',
    async run(bench) {
      const port = await bench.port();
      await bench.app.block();
      const sockets = Array.from({ length: waiting }, () =>
        connectTcp({ host: '127.0.0.1', port }),
      );
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      const exchanges = sockets.map((socket) => {
        const client = new Http1Client(socket);
        client.write(request);
        return client.expect();
      });
      bench.app.kill('SIGTERM');
      bench.app.unblock();
      bench.startWatch();
      const answers = await Promise.all(exchanges.map(({ done }) => done));
      const whole = answers.filter(({ status, isComplete }) => status === 200 && isComplete);
      expect(whole.length).toBe(waiting);
      return `${whole.length} answered`;
    },
  },
  {
    name: 'law 11: an HTTP/2 client that asks one thing after the other',
    on: isHttp2,
    options: { drain: lameDuck },
    bound: 'propagationDelay',
    async run(bench) {
      const stream = await bench.stream();
      const client = (await bench.client()) as Http2Client;
      const answers: Answer[] = [await client.request('/plain').done];
      await bench.trigger();
      while (!client.isNotified) answers.push(await client.request('/plain').done);
      expect(answers.every(({ status, isComplete }) => status === 200 && isComplete)).toBe(true);
      bench.open('events');
      await stream.done;
      return `every answer 200; ${await client.closed}`;
    },
  },
  upgraded(
    "law 7: a client of the application's own WebSocket server",
    'GET /bare HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvaw==',
    '101 Switching Protocols',
  ),
  upgraded(
    'law 7: an upgraded socket behind a proxy',
    'GET /proxied HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: anything',
    '101 Switching Protocols',
  ),
  upgraded('law 7: a CONNECT tunnel', 'CONNECT localhost:1 HTTP/1.1', '200 Connection established'),
  {
    name: 'law 7: a request whose body stalls',
    bound: 'bodyPatience',
    async run(bench) {
      const client = await bench.client();
      const exchange = client.request('/upload', {
        method: 'POST',
        hasBody: true,
        headers: { 'Content-Type': 'application/json', 'Content-Length': '5000' },
      });
      exchange.write('{"tex');
      await bench.settle();
      await bench.trigger();
      const answer = await exchange.done;
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
];
