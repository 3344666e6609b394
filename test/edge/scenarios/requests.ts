import { expect } from '@jest/globals';
import { lameDuck, nearDeadline } from '../bench.js';
import { describeAnswer } from '../describe.js';
import { Http1Client } from '../http1-client.js';
import { isHttp1, isHttp2, type Scenario } from '../scenario.js';

/** Plain requests around the trigger. */
export const requests: readonly Scenario[] = [
  {
    name: 'a request in flight, its headers unsent',
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      const exchange = client.request('/held');
      await bench.app.tells('arrived');
      await bench.trigger();
      bench.open('held');
      const answer = await exchange.done;
      expect(answer).toMatchObject({ status: 200, body: 'held', isComplete: true });
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'a request in flight, its headers already sent',
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      const exchange = client.request('/begun');
      await exchange.reads('begun');
      await bench.trigger();
      bench.open('begun');
      const answer = await exchange.done;
      expect(answer).toMatchObject({ status: 200, body: 'begun ended', isComplete: true });
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'a request that outlasts the deadline',
    options: { drain: nearDeadline },
    bound: 'timeout + flushTimeout',
    async run(bench) {
      const exchange = await bench.ask('/held');
      await bench.app.tells('arrived');
      await bench.trigger();
      return describeAnswer(await exchange.done);
    },
  },
  {
    name: 'a new connection during lame duck',
    options: { drain: lameDuck },
    bound: 'propagationDelay',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      const client = await bench.client();
      const answer = await client.request('/plain').done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      const stream = await bench.stream();
      bench.app.open('events');
      const streamed = await stream.done;
      expect(streamed).toMatchObject({ status: 200, isComplete: true });
      return `plain: ${describeAnswer(answer)}; stream: ${describeAnswer(streamed)}; ${await client.closed}`;
    },
  },
  {
    name: 'a new connection during draining',
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      await bench.trigger();
      const plain = await (await bench.ask('/plain')).done;
      const stream = await (await bench.ask('/events')).done;
      const source = { headers: { accept: 'text/event-stream' } };
      const subscription = await (await bench.ask('/feed', source)).done;
      expect([plain.status, stream.status, subscription.status]).toEqual([200, 503, 200]);
      bench.open('events');
      return [
        `plain: ${describeAnswer(plain)}`,
        `finite stream: ${describeAnswer(stream)}`,
        `EventSource: ${describeAnswer(subscription)}`,
      ].join('; ');
    },
  },
  {
    name: 'a new connection when the listener is closed',
    options: { drain: { hookTimeout: 20 }, hooks: { afterDrain: 'waits' } },
    bound: 'at once',
    async run(bench) {
      await bench.port();
      await bench.trigger();
      await bench.app.tells('afterDrain');
      const refusal = await bench.client().catch((error: NodeJS.ErrnoException) => error.code);
      expect(refusal).toBe('ECONNREFUSED');
      bench.open('afterDrain');
      return 'connection refused';
    },
  },
  {
    name: 'a keep-alive socket reused during draining',
    on: isHttp1,
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      const client = await bench.client();
      await client.request('/plain').done;
      await bench.trigger();
      const answer = await client.request('/plain').done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      const closed = await client.closed;
      bench.open('events');
      return `${describeAnswer(answer)}; ${closed}`;
    },
  },
  {
    name: 'an HTTP/2 session opened during draining, idle after its answer',
    on: isHttp2,
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      await bench.trigger();
      const client = await bench.client();
      const answer = await client.request('/plain').done;
      const closed = await client.closed;
      bench.open('events');
      return `${describeAnswer(answer)}; ${closed}`;
    },
  },
  {
    name: 'a slow upload whose body crosses the trigger',
    bound: 'at once',
    async run(bench) {
      const body = JSON.stringify({ text: 'x'.repeat(1000) });
      const client = await bench.client();
      const exchange = client.request('/upload', {
        method: 'POST',
        hasBody: true,
        headers: { 'Content-Type': 'application/json', 'Content-Length': String(body.length) },
      });
      exchange.write(body.slice(0, 500));
      await bench.settle();
      await bench.trigger();
      exchange.write(body.slice(500));
      exchange.end();
      bench.startWatch();
      const answer = await exchange.done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'two pipelined requests',
    on: isHttp1,
    bound: 'at once',
    async run(bench) {
      const client = (await bench.client()) as Http1Client;
      const exchanges = [client.expect(), client.expect()];
      const request = (gate: string): string =>
        `GET /held?gate=${gate} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
      client.write(request('one') + request('two'));
      await bench.app.tells('arrived', { name: 'two' });
      await bench.trigger();
      bench.app.open('one');
      bench.open('two');
      const answers = await Promise.all(exchanges.map(({ done }) => done));
      expect(answers.map(({ status, isComplete }) => [status, isComplete])).toEqual([
        [200, true],
        [200, true],
      ]);
      return `${answers.map(describeAnswer).join('; ')}; ${await client.closed}`;
    },
  },
  {
    name: '503 with the body still being uploaded',
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      await bench.trigger();
      const chunk = 'x'.repeat(65_536);
      const client = await bench.client();
      const exchange = client.request('/answer', {
        method: 'POST',
        hasBody: true,
        headers: {
          'Content-Type': 'application/octet-stream',
          'Content-Length': String(64 * chunk.length),
        },
      });
      // A client that reads only when it has sent all: a reset in between would take the answer away.
      if (client instanceof Http1Client) client.pause();
      exchange.write(chunk);
      await bench.app.tells('refused');
      await bench.settle();
      for (let sent = 1; sent < 64; sent += 1) exchange.write(chunk);
      exchange.end();
      await bench.settle();
      if (client instanceof Http1Client) client.resume();
      const answer = await exchange.done;
      expect(answer).toMatchObject({ status: 503, isComplete: true });
      const closed = await client.closed;
      bench.open('events');
      return `${describeAnswer(answer)}, read after all was sent; ${closed}`;
    },
  },
];
