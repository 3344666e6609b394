import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import { closeOf, connectSocket } from '../client.js';
import { describeAnswer } from '../describe.js';
import type { Http1Client } from '../http1-client.js';
import { isHttp1, isTls, type Scenario } from '../scenario.js';

/** Clients that say nothing, or not everything. */
export const silence: readonly Scenario[] = [
  {
    name: 'a connected socket that never sends',
    bound: 'at once',
    async run(bench) {
      const socket = await connectSocket(bench.flavour, await bench.port());
      const closed = closeOf(socket);
      await bench.settle();
      await bench.trigger();
      return closed;
    },
  },
  {
    name: 'a half-open client that never closes its side',
    bound: 'flushTimeout',
    async run(bench) {
      const socket = await connectSocket(bench.flavour, await bench.port(), {
        allowHalfOpen: true,
      });
      const closed = closeOf(socket);
      await bench.settle();
      await bench.trigger();
      return closed;
    },
  },
  {
    name: 'a TCP connection without TLS handshake',
    on: isTls,
    bound: 'flushTimeout',
    async run(bench) {
      const socket = connectTcp({ host: '127.0.0.1', port: await bench.port() });
      const closed = closeOf(socket);
      await once(socket, 'connect');
      await bench.settle();
      await bench.trigger();
      return closed;
    },
  },
  {
    name: 'a TLS handshake that finishes while the listener is being shut',
    on: (flavour) => isTls(flavour) && isHttp1(flavour),
    bound: 'at once',
    async run(bench) {
      const { connect } = await import('node:tls');
      const tcp = connectTcp({ host: '127.0.0.1', port: await bench.port() });
      await once(tcp, 'connect');
      await bench.settle();
      await bench.trigger();
      await bench.app.tells('ended');
      const socket = connect({ socket: tcp, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { Http1Client } = await import('../http1-client.js');
      const client = new Http1Client(socket);
      const answer = await client.request('/plain').done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      bench.startWatch();
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'partial headers, then the rest after the drain began',
    on: isHttp1,
    bound: 'at once',
    async run(bench) {
      const client = (await bench.client()) as Http1Client;
      const exchange = client.expect();
      client.write('GET /plain HTTP/1.1\r\nHost: localhost\r\n');
      await bench.settle();
      await bench.trigger();
      await bench.app.tells('ended');
      client.write('\r\n');
      const answer = await exchange.done;
      expect(answer).toMatchObject({ status: 200, isComplete: true });
      bench.startWatch();
      return `${describeAnswer(answer)}; ${await client.closed}`;
    },
  },
  {
    name: 'partial headers, and the rest never comes',
    on: isHttp1,
    bound: 'flushTimeout',
    async run(bench) {
      const client = (await bench.client()) as Http1Client;
      client.write('GET /plain HTTP/1.1\r\nHost: localhost\r\n');
      await bench.settle();
      await bench.trigger();
      return client.closed;
    },
  },
];
