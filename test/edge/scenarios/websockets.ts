import { expect } from '@jest/globals';
import type { Bench } from '../bench.js';
import { connectSocket } from '../client.js';
import { isHttp1, type Scenario } from '../scenario.js';
import { RawWebSocket } from '../websocket-client.js';

const upgradable = { on: isHttp1, options: { webSockets: true }, bound: 'at once' } as const;

/** WebSockets around the trigger. */
export const websockets: readonly Scenario[] = [
  {
    ...upgradable,
    name: 'a WebSocket message that is being handled',
    async run(bench) {
      const client = await open(bench, '/chat');
      client.send('ask', 'before');
      await bench.app.tells('arrived', { name: 'before' });
      await bench.trigger();
      bench.open('before');
      return seenBy(client);
    },
  },
  {
    ...upgradable,
    name: 'half a WebSocket message, the rest during draining, while another is being handled',
    async run(bench) {
      const client = await open(bench, '/chat');
      client.send('ask', 'before');
      await bench.app.tells('arrived', { name: 'before' });
      client.sendHalf('ask', 'in halves');
      await bench.settle();
      await bench.trigger();
      client.finish();
      await bench.app.tells('arrived', { name: 'in halves' });
      bench.app.open('before');
      bench.open('in halves');
      return seenBy(client);
    },
  },
  {
    ...upgradable,
    name: 'half a WebSocket message, the rest during draining, on an idle connection',
    async run(bench) {
      const client = await open(bench, '/chat');
      client.sendHalf('ask', 'too late');
      await bench.settle();
      await bench.trigger();
      return seenBy(client);
    },
  },
  {
    ...upgradable,
    name: 'a WebSocket subscription running',
    async run(bench) {
      const client = await open(bench, '/news');
      client.send('follow');
      await client.reads('"first"');
      await bench.trigger();
      return seenBy(client);
    },
  },
  {
    ...upgradable,
    name: 'a WebSocket handshake during draining',
    async run(bench) {
      await bench.stream();
      await bench.trigger();
      const client = await connect(bench, '/chat');
      const status = await client.status;
      expect(status).toMatch(/^503/);
      bench.open('events');
      return `${status}, ${await client.done}`;
    },
  },
];

async function connect(bench: Bench, path: string): Promise<RawWebSocket> {
  return new RawWebSocket(await connectSocket(bench.flavour, await bench.port()), path);
}

async function open(bench: Bench, path: string): Promise<RawWebSocket> {
  const client = await connect(bench, path);
  expect(await client.status).toMatch(/^101/);
  return client;
}

async function seenBy(client: RawWebSocket): Promise<string> {
  const seen = await client.done;
  expect(seen).toMatch(/close 1012 .*, FIN$/);
  return seen;
}
