import { expect } from '@jest/globals';
import { lameDuck, type Bench } from '../bench.js';
import { connectSocket } from '../client.js';
import type { Answer } from '../exchange.js';
import { describeAnswer } from '../describe.js';
import { Http1Client } from '../http1-client.js';
import type { Scenario } from '../scenario.js';

/** The endpoints of the drain itself. */
export const control: readonly Scenario[] = [
  {
    name: 'wait called twice, one after the other',
    bound: 'at once',
    async run(bench) {
      const first = await (await bench.ask('/shutdown/wait')).done;
      const second = await (await bench.ask('/shutdown/wait')).done;
      expect(second.body).toBe(first.body);
      terminate(bench);
      return `${describeWait(first)}, twice the same`;
    },
  },
  {
    name: 'wait called concurrently',
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      const first = await bench.ask('/shutdown/wait');
      await bench.app.tells('started');
      const second = await bench.ask('/shutdown/wait', { method: 'POST' });
      await bench.app.tells('joined');
      bench.app.open('events');
      const answers = await Promise.all([first.done, second.done]);
      expect(answers[1].body).toBe(answers[0].body);
      terminate(bench);
      return `${describeWait(answers[0])}, twice the same`;
    },
  },
  {
    name: 'wait called by a caller who hangs up',
    bound: 'at once',
    async run(bench) {
      const stream = await bench.stream();
      const waiting = await bench.ask('/shutdown/wait');
      await bench.app.tells('started');
      waiting.leave();
      bench.app.open('events');
      const answer = await stream.done;
      expect(answer.isComplete).toBe(true);
      await bench.app.tells('ended');
      terminate(bench);
      return `the stream: ${describeAnswer(answer)}`;
    },
  },
  {
    name: 'SIGTERM while wait is being answered',
    bound: 'at once',
    async run(bench) {
      await bench.stream();
      const waiting = await bench.ask('/shutdown/wait');
      await bench.app.tells('started');
      bench.app.kill('SIGTERM');
      await bench.app.tells('joined');
      bench.open('events');
      const answer = await waiting.done;
      expect(answer.isComplete).toBe(true);
      return describeWait(answer);
    },
  },
  {
    name: 'probes during every phase',
    options: { drain: { ...lameDuck, hookTimeout: 20 }, hooks: { afterDrain: 'waits' } },
    bound: 'at once',
    async run(bench) {
      const seen: string[] = [];
      const look = async (phase: string): Promise<void> => {
        const statuses: (number | undefined)[] = [];
        for (const probe of ['/health', '/ready', '/startup']) {
          const exchange = await bench.ask(probe).catch(() => undefined);
          statuses.push((await exchange?.done)?.status);
        }
        seen.push(`${phase} ${statuses.map((status) => status ?? 'refused').join('/')}`);
      };
      await bench.stream();
      await look('serving');
      await bench.trigger();
      await look('lame duck');
      await bench.app.tells('phase', { phase: 'draining' });
      await look('draining');
      bench.app.open('events');
      await bench.app.tells('afterDrain');
      await look('after the listener is closed');
      bench.open('afterDrain');
      return `health/ready/startup: ${seen.join(', ')}`;
    },
  },
  {
    name: 'a management port: probes, control and marked routes, until the exit',
    options: {
      shutdownHooks: true,
      drain: { exitTimeout: 20, control: { port: 0, host: '127.0.0.1' } },
      hooks: { onModuleDestroy: 'waits' },
    },
    bound: 'at once',
    async run(bench) {
      await bench.port();
      const paths = ['/health', '/ready', '/shutdown/status', '/watch/metrics', '/plain'];
      const traffic = await statuses(paths, (path) => bench.ask(path));
      const management = await managementClient(bench);
      const serving = await statuses(paths, (path) => management.request(path));
      const waiting = (await managementClient(bench)).request('/shutdown/wait');
      expect(await waiting.done).toMatchObject({ status: 200, isComplete: true });
      bench.app.kill('SIGTERM');
      await bench.app.tells('onModuleDestroy');
      const hooks = await statuses(paths, (path) => management.request(path));
      expect([traffic, serving, hooks]).toEqual([
        '404/404/404/404/200',
        '200/200/200/200/404',
        '200/503/200/200/404',
      ]);
      bench.open('onModuleDestroy');
      return (
        `health/ready/status/metrics/plain: traffic port ${traffic}; ` +
        `management port ${serving}, during Nest's hooks ${hooks}`
      );
    },
  },
  {
    name: 'a web page of another site that calls a control route',
    bound: 'at once',
    async run(bench) {
      const origins = [
        { 'Sec-Fetch-Site': 'cross-site' },
        { 'Sec-Fetch-Site': 'same-site' },
        { Origin: 'https://elsewhere.example' },
        { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
      ];
      const seen = await Promise.all(
        origins.map(
          async (headers) => (await (await bench.ask('/shutdown/wait', { headers })).done).status,
        ),
      );
      expect(seen).toEqual([403, 403, 403, 403]);
      expect(bench.app.told.some(({ type }) => type === 'started')).toBe(false);
      await bench.trigger();
      return '403, and nothing starts';
    },
  },
  {
    name: "a stream on a secondary server of Fastify's localhost",
    on: ({ adapter }) => adapter === 'fastify',
    options: { host: 'localhost' },
    bound: 'at once',
    async run(bench) {
      const silent = await bench.client({ host: '127.0.0.2' });
      const plain = await silent.request('/plain').done;
      const client = await bench.client({ host: '127.0.0.2' });
      const exchange = client.request('/held');
      await bench.app.tells('arrived');
      await bench.trigger();
      bench.open('held');
      const answer = await exchange.done;
      expect([plain.status, answer.status, answer.isComplete]).toEqual([200, 200, true]);
      return `${describeAnswer(answer)}; ${await client.closed}; idle beside it: ${await silent.closed}`;
    },
  },
];

/** The kubelet's next step after its preStop hook. */
function terminate(bench: Bench): void {
  bench.app.kill('SIGTERM');
  bench.startWatch();
}

function describeWait(answer: Answer): string {
  const { status, active_streams } = JSON.parse(answer.body) as Record<string, unknown>;
  return `${answer.status}, ${String(status)}, ${String(active_streams)} active`;
}

async function managementClient(bench: Bench): Promise<Http1Client> {
  const [, port] = /are on port (\d+)/.exec(bench.app.output) ?? [];
  const plain = { ...bench.flavour, version: 1, tls: false } as const;
  return new Http1Client(await connectSocket(plain, Number(port)));
}

async function statuses(
  paths: readonly string[],
  ask: (path: string) => Promise<{ done: Promise<Answer> }> | { done: Promise<Answer> },
): Promise<string> {
  const all: number[] = [];
  for (const path of paths) all.push((await (await ask(path)).done).status);
  return all.join('/');
}
