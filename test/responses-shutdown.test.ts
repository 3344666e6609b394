import { createServer, type AddressInfo } from 'node:net';
import { EventSource } from 'eventsource';
import { describe, expect, it } from '@jest/globals';
import {
  durable,
  missingRedis,
  RedisServer,
} from '../libs/nestjs-drain-resume/test/support/redis-server.js';
import { adapters, clientOf, clients, words } from './support/clients.js';
import { startService, type RunningService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

const endless = { tokens_per_second: '0.001' };
const [, OpenAI] = clients[0];

/** Runs a test on services of its own, because each of these ends with a service gone. */
async function withServices(
  envs: readonly Record<string, string>[],
  use: (...services: RunningService[]) => Promise<void>,
) {
  const services = await Promise.all(envs.map((env) => startService({ env })));
  try {
    await use(...services);
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

const initiate = (service: RunningService) =>
  fetch(`${service.url}/shutdown/initiate`, { method: 'POST' });

const post = (service: RunningService, body: object, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function expectTold(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.headers.get('connection')).toBe('close');
  expect(await answer.json()).toMatchObject({
    error: { type: 'server_error', code: 'shutting_down' },
  });
}

const stateOf = async (service: RunningService) =>
  (await (await fetch(`${service.url}/health`)).json()) as Record<string, unknown>;

const untilActive = (service: RunningService, active: number) =>
  eventually(async () => expect(await stateOf(service)).toMatchObject({ active_streams: active }));

/** An upstream that takes every request and never answers. */
async function silentUpstream(use: (url: string) => Promise<void>): Promise<void> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

describe.each(adapters)('an answer whose headers are unsent at the deadline, on %s', (adapter) => {
  const env = { HTTP_ADAPTER: adapter, GRACEFUL_SHUTDOWN_TIMEOUT: '0.5' };

  it.each([true, false])('is 503, not half of it, if store is %s', (store) =>
    withServices([env], async (service) => {
      const pending = post(service, { input: 'a', stream: false, store, metadata: endless });
      await untilActive(service, 1);
      await initiate(service);
      await expectTold(await pending);
    }),
  );

  it.each([true, false])('is 503 if its upstream has not begun, when stream is %s', (stream) =>
    silentUpstream((url) =>
      withServices([{ ...env, MODEL: 'small', OPENAI_BASE_URL: url }], async (service) => {
        const pending = post(service, { input: 'a', stream });
        await untilActive(service, 1);
        await initiate(service);
        await expectTold(await pending);
        service.process.kill('SIGTERM');
        expect(await service.exited).toEqual({ code: 0, signal: null });
      }),
    ),
  );
});

describe.each(adapters)('while it drains on the memory store, the service on %s', (adapter) => {
  const env = { HTTP_ADAPTER: adapter, GRACEFUL_SHUTDOWN_TIMEOUT: '20' };

  it('serves what exists, and refuses what is new', () =>
    withServices([env], async (service) => {
      const client = clientOf(service, OpenAI);
      const metadata = { tokens_per_second: '1000' };
      const whole = await client.responses.create({ input: 'one two', metadata });
      const slow = { input: words(30), metadata: { tokens_per_second: '20' } };
      const stream = client.responses.stream(slow);
      const id = await new Promise<string>((resolve) => {
        stream.once('response.created', ({ response }) => resolve(response.id));
      });
      await initiate(service);
      await expectTold(await post(service, { input: 'new' }));
      expect(await client.responses.retrieve(whole.id)).toMatchObject({ status: 'completed' });
      expect((await client.responses.inputItems.list(whole.id)).data).toHaveLength(1);
      expect(await client.responses.retrieve(id)).toMatchObject({ status: 'in_progress' });
      const types: string[] = [];
      const again = await client.responses.retrieve(id, { stream: true, starting_after: 3 });
      for await (const { type } of again) types.push(type);
      expect(types.at(-1)).toBe('response.completed');
      expect(types).toHaveLength(34);
      expect((await stream.finalResponse()).output_text).toBe(slow.input);
    }));

  it('goes on with a POST that comes back to its response', () =>
    withServices([env], async (service) => {
      const body = { input: words(30), stream: true, metadata: { tokens_per_second: '20' } };
      const first = await post(service, body);
      const reader = first.body!.getReader();
      const { value } = (await reader.read()) as { value: Uint8Array };
      const text = new TextDecoder().decode(value);
      const [, id] = /^id: (.+)$/m.exec(text)!;
      await initiate(service);
      await reader.cancel();
      const rest = await (await post(service, body, { 'last-event-id': id! })).text();
      expect(rest.match(/^event: /gm)).toHaveLength(37);
      expect(rest).toContain('event: response.completed');
      expect(rest).not.toContain('event: response.created');
    }));

  it('ends an answer that has no reader before the deadline, and tells who comes back', () =>
    withServices([env], async (service) => {
      const answer = await post(service, { input: 'a', stream: true, metadata: endless });
      const reader = answer.body!.getReader();
      const { value } = (await reader.read()) as { value: Uint8Array };
      const text = new TextDecoder().decode(value);
      await reader.cancel();
      await untilActive(service, 0);
      const report = await (await fetch(`${service.url}/shutdown/wait`)).json();
      expect(report).toMatchObject({ status: 'completed', unfinished: {} });
      const [, id] = /"id":"(resp_\w+)"/.exec(text)!;
      const late = await fetch(`${service.url}/v1/responses/${id}`);
      expect(await late.json()).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: 'shutting_down' },
      });
    }));
});

(missingRedis ? describe.skip : describe)('with a store that replicas share', () => {
  const withReplicas = async (
    env: Record<string, string>,
    use: (one: RunningService, other: RunningService) => Promise<void>,
  ) => {
    const redis = await RedisServer.start(...durable);
    const common = { STORE_URL: redis.url, RESUME_LEASE: '1', ...env };
    try {
      await withServices([common, { ...common, HTTP_ADAPTER: 'fastify' }], (one, other) =>
        use(one, other),
      );
    } finally {
      await redis.stop();
    }
  };

  it('a whole answer that the deadline cuts is had from the other replica, once, by its key', () =>
    withReplicas({ GRACEFUL_SHUTDOWN_TIMEOUT: '0.5' }, async (one, other) => {
      const body = { input: words(20), metadata: { tokens_per_second: '10' } };
      const key = { 'idempotency-key': 'question 1' };
      const pending = post(one, body, key);
      await untilActive(one, 1);
      await initiate(one);
      await expectTold(await pending);
      const [first, second] = await Promise.all([post(other, body, key), post(other, body, key)]);
      const answers = (await Promise.all([first.json(), second.json()])) as { id: string }[];
      expect(answers[0]).toMatchObject({
        status: 'completed',
        output: [{ content: [{ text: words(20) }] }],
      });
      expect(answers[1]).toEqual(answers[0]);
      expect((await post(other, { ...body, input: 'x' }, key)).status).toBe(422);
    }));

  it('a response is begun once if its key comes to two replicas at once', () =>
    withReplicas({}, async (one, other) => {
      const body = { input: 'one two', metadata: { tokens_per_second: '100' } };
      const ask = async (service: RunningService): Promise<string> => {
        for (;;) {
          const answer = await post(service, body, { 'idempotency-key': 'question 2' });
          if (answer.status === 200) return ((await answer.json()) as { id: string }).id;
          expect(answer.status).toBe(409);
          await answer.text();
        }
      };
      const ids = await Promise.all([ask(one), ask(other), ask(one), ask(other)]);
      expect(new Set(ids).size).toBe(1);
    }));

  it('an EventSource on a response is never closed, and reads it to its end elsewhere', () =>
    withReplicas({ GRACEFUL_SHUTDOWN_TIMEOUT: '1' }, async (one, other) => {
      const body = { input: words(40), stream: true, metadata: { tokens_per_second: '10' } };
      const answer = await post(one, body);
      const location = answer.headers.get('content-location')!;
      // As a balancer does: the next connection goes to the replica that stays.
      let target = one;
      const source = new EventSource(`http://balancer${location}`, {
        fetch: (url, init) => fetch(String(url).replace('http://balancer', target.url), init),
      });
      const opened = new Promise((resolve) => source.addEventListener('open', resolve));
      let text = '';
      source.addEventListener('response.output_text.delta', ({ data }) => {
        text += (JSON.parse(data as string) as { delta: string }).delta;
      });
      const completed = new Promise((resolve) =>
        source.addEventListener('response.completed', resolve),
      );
      await opened;
      await answer.body!.cancel();
      await initiate(one);
      // While it drains, what it could not give is no reason for an EventSource to give up.
      await eventually(async () => expect((await stateOf(one))['active_streams']).toBe(0));
      const late = await fetch(`${one.url}${location}`, {
        headers: { accept: 'text/event-stream' },
      });
      expect(late.status).toBe(200);
      await late.body!.cancel();
      target = other;
      await completed;
      expect(text).toBe(words(40));
      source.close();
    }));
});
