import { expect } from '@jest/globals';
import { nearDeadline } from '../bench.js';
import { connectSocket } from '../client.js';
import { describeAnswer } from '../describe.js';
import { isHttp2, type Scenario } from '../scenario.js';

/** Streams around the trigger. */
export const streams: readonly Scenario[] = [
  {
    name: 'a finite SSE stream running',
    bound: 'at once',
    async run(bench) {
      const stream = await bench.stream();
      await bench.trigger();
      bench.open('events');
      const answer = await stream.done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      return describeAnswer(answer);
    },
  },
  {
    name: 'a finite SSE stream at the deadline',
    options: { drain: nearDeadline },
    bound: 'timeout',
    async run(bench) {
      const stream = await bench.stream();
      await bench.trigger();
      const answer = await stream.done;
      expect(answer).toMatchObject({ isComplete: true });
      return describeAnswer(answer);
    },
  },
  {
    name: 'an SSE subscription running',
    bound: 'at once',
    async run(bench) {
      const stream = await bench.ask('/feed');
      await stream.reads('first');
      await bench.trigger();
      const answer = await stream.done;
      expect(answer).toMatchObject({ isComplete: true });
      return describeAnswer(answer);
    },
  },
  {
    name: 'an HTTP/2 stream in flight, and a request that crosses the GOAWAY',
    on: isHttp2,
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      const stream = client.request('/events');
      await stream.reads('first');
      // It has left the client when the signal is sent, and so before a GOAWAY can have come.
      const plain = client.request('/plain').done;
      await new Promise((resolve) => setImmediate(resolve));
      bench.app.kill('SIGTERM');
      await bench.app.tells('started');
      await plain;
      bench.open('events');
      const answer = await stream.done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      const crossing = await plain;
      expect(crossing).toMatchObject({ status: 200, isComplete: true });
      return `${describeAnswer(answer)}; ${describeAnswer(crossing)}; ${await client.closed}`;
    },
  },
  {
    name: 'a streaming client that stops reading',
    options: { drain: nearDeadline },
    bound: 'timeout + flushTimeout',
    async run(bench) {
      const socket = await connectSocket(bench.flavour, await bench.port());
      socket.pause();
      if (bench.flavour.version === 2) {
        const { connect } = await import('node:http2');
        const session = connect('http://localhost', { createConnection: () => socket });
        session.on('error', () => undefined);
        session.request({ ':path': '/flood' }).on('error', () => undefined);
      } else {
        socket.on('error', () => undefined);
        socket.write('GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n');
      }
      await bench.app.tells('flooding');
      await bench.trigger();
      await bench.app.exited;
      socket.destroy();
      return 'cut';
    },
  },
  {
    name: 'an SSE client that vanished during a guard',
    bound: 'at once',
    async run(bench) {
      const exchange = await bench.ask('/guarded');
      await bench.app.tells('arrived', { name: 'guard' });
      exchange.leave();
      await bench.app.tells('clientGone');
      bench.app.open('guard');
      await bench.app.tells('released');
      await bench.trigger();
      return 'nothing: it has left';
    },
  },
  {
    name: 'an SSE client that vanished during an async handler',
    bound: 'at once',
    async run(bench) {
      const exchange = await bench.ask('/late');
      await bench.app.tells('arrived', { name: 'handler' });
      await bench.trigger();
      exchange.leave();
      bench.startWatch();
      await bench.app.tells('released');
      return 'nothing: it has left';
    },
  },
  {
    name: 'HEAD and OPTIONS on a stream route, serving',
    bound: 'at once',
    async run(bench) {
      const client = await bench.client();
      const options = await (await bench.ask('/events', { method: 'OPTIONS' })).done;
      const head = await client.request('/events', { method: 'HEAD' }).head;
      bench.app.open('events');
      await bench.trigger();
      return `HEAD: ${head.status}; OPTIONS: ${describeAnswer(options)}`;
    },
  },
  {
    name: 'HEAD and OPTIONS on a stream route, draining',
    bound: 'at once',
    async run(bench) {
      await bench.stream('other');
      await bench.trigger();
      const head = await (await bench.ask('/events', { method: 'HEAD' })).head;
      const options = await (await bench.ask('/events', { method: 'OPTIONS' })).done;
      bench.open('other');
      return `HEAD: ${head.status}; OPTIONS: ${describeAnswer(options)}`;
    },
  },
  {
    name: 'a provider closed in onModuleDestroy while a stream is being farewelled',
    options: { shutdownHooks: true, drain: nearDeadline },
    bound: 'timeout',
    async run(bench) {
      const stream = await bench.stream();
      await bench.trigger();
      const answer = await stream.done;
      await bench.app.exited;
      const order = bench.app.told.map(({ type }) => type);
      expect(order.indexOf('released')).toBeLessThan(order.indexOf('onModuleDestroy'));
      expect(answer.body).toContain('database open');
      return describeAnswer(answer);
    },
  },
];
