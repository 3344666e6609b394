import { once } from 'node:events';
import OpenAI from 'openai';
import { resumeResponses } from 'nestjs-drain-client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  durable,
  missingRedis,
  RedisServer,
} from '../libs/nestjs-drain-resume/test/support/redis-server.js';
import { startBackgroundUpstream, type BackgroundUpstream } from './support/background-upstream.js';
import { clients, words } from './support/clients.js';
import { RoundRobin } from './support/round-robin.js';
import { launchService, startService, type RunningService } from './support/service.js';
import { collect } from './support/word-readers.js';
import { eventually } from '../testing/eventually.js';

const fast = { tokens_per_second: '1000' };
/** One word in 1000 s: such a response ends when it is ended, not before. */
const endless = { tokens_per_second: '0.001' };

type Client = InstanceType<typeof OpenAI>;
type Event = OpenAI.Responses.ResponseStreamEvent;

const clientAt = (url: string, Official: typeof OpenAI = OpenAI, apiKey = 'alice'): Client =>
  new Official({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });

async function all(events: AsyncIterable<Event>): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

/** The id of a streamed response, as soon as it has one. */
async function begin(client: Client, body: object): Promise<string> {
  const request = { model: 'echo', input: 'a b c', stream: true, ...body } as const;
  for await (const event of await client.responses.create(request)) {
    if ('response' in event) return event.response.id;
  }
  throw new Error('The response had no event.');
}

(missingRedis ? describe.skip : describe)('kept responses', () => {
  let redis: RedisServer;
  let one: RunningService;
  let other: RunningService;
  beforeAll(async () => {
    redis = await RedisServer.start(...durable);
    const env = { STORE_URL: redis.url, RESUME_LEASE: '1' };
    [one, other] = await Promise.all([
      startService({ env }),
      startService({ env: { ...env, HTTP_ADAPTER: 'fastify' } }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), other.stop()]);
    await redis.stop();
  });

  describe.each(clients)('through the client %s', (_, Official) => {
    it('are streamed again by any replica, from their beginning and behind any event', async () => {
      const [here, there] = [clientAt(one.url, Official), clientAt(other.url, Official)];
      const request = { model: 'echo', input: words(5), metadata: fast, stream: true } as const;
      const events = await all(await here.responses.create(request));
      const { id } = (events[0] as OpenAI.Responses.ResponseCreatedEvent).response;
      const again = await all(await there.responses.retrieve(id, { stream: true }));
      expect(again).toEqual(events);
      for (const starting_after of [0, 5, events.length - 2, events.length - 1]) {
        const rest = await there.responses.retrieve(id, { stream: true, starting_after });
        expect(await all(rest)).toEqual(events.slice(starting_after + 1));
      }
      const state = await there.responses.retrieve(id);
      expect(state).toMatchObject({ id, status: 'completed', output_text: words(5) });
    });

    it('go on in the background, and are told as they stand', async () => {
      const [here, there] = [clientAt(one.url, Official), clientAt(other.url, Official)];
      const request = { model: 'echo', input: words(3), metadata: fast, background: true };
      const begun = await here.responses.create({ ...request, stream: false });
      expect(begun).toMatchObject({ status: 'in_progress', background: true });
      const state = async () => (await there.responses.retrieve(begun.id)).output_text;
      await eventually(async () => expect(await state()).toBe(words(3)));
    });

    it('are cancelled by any replica, as often as one likes', async () => {
      const [here, there] = [clientAt(one.url, Official), clientAt(other.url, Official)];
      const body = { model: 'echo', input: 'a', metadata: endless };
      const { id } = await here.responses.create({ ...body, background: true, stream: false });
      for (const client of [there, here]) {
        expect(await client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' });
      }
      expect(await there.responses.retrieve(id)).toMatchObject({ status: 'cancelled' });
    });
  });

  it('are refused in OpenAI’s shape: unknown, ahead, not kept, another principal’s', async () => {
    const client = clientAt(one.url);
    const id = await begin(client, { metadata: fast });
    const unstored = await begin(client, { metadata: fast, store: false });
    const stream = (asker: Client, response: string, starting_after = 0) =>
      asker.responses.retrieve(response, { stream: true, starting_after });
    const type = 'invalid_request_error';
    await expect(stream(client, 'resp_unknown')).rejects.toMatchObject({
      ...{ status: 404, code: 'not_found', type },
    });
    await expect(stream(client, id, 1000)).rejects.toMatchObject({ status: 410, type });
    for (const asker of [client, clientAt(other.url)]) {
      await expect(stream(asker, unstored)).rejects.toMatchObject({
        ...{ status: 400, code: 'not_resumable', type },
      });
    }
    const [mallory, here] = [other.url, one.url].map((url) => clientAt(url, OpenAI, 'mallory'));
    for (const ask of [
      () => stream(mallory!, id),
      () => mallory!.responses.retrieve(id),
      () => mallory!.responses.cancel(id),
      () => here!.responses.retrieve(unstored),
    ]) {
      await expect(ask()).rejects.toMatchObject({ status: 404, code: 'not_found', type });
    }
  });

  it('have an address at which an EventSource goes on, and is told of the end', async () => {
    const answer = await fetch(`${one.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ input: 'a b', metadata: fast }),
    });
    const address = `${other.url}${answer.headers.get('content-location')}`;
    await answer.text();
    const rest = await fetch(address, { headers: { 'last-event-id': '3' } });
    expect((await rest.text()).match(/^id: .+$/gm)![0]).toMatch(/^id: resp_\w+:\w+:4$/);
    expect((await fetch(address, { headers: { 'last-event-id': '9' } })).status).toBe(204);
  });
});

(missingRedis ? describe.skip : describe)('a response whose replica is killed', () => {
  let redis: RedisServer;
  let upstream: BackgroundUpstream;
  beforeAll(async () => {
    [redis, upstream] = await Promise.all([
      RedisServer.start(...durable),
      startBackgroundUpstream(),
    ]);
  });
  afterAll(() => Promise.all([redis.stop(), upstream.stop()]));

  /** Reads a response whose first replica is killed behind its third word. */
  const readThroughKill = async (env: Record<string, string>) => {
    const common = {
      STORE_URL: redis.url,
      RESUME_LEASE: '0.5',
      MODEL: 'small',
      OPENAI_BASE_URL: upstream.url,
      ...env,
    };
    const [victim, heir] = await Promise.all([
      startService({ env: common }),
      startService({ env: common }),
    ]);
    const path = await RoundRobin.start(victim.port);
    try {
      let said = 0;
      const events = resumeResponses(
        clientAt(path.url),
        { model: 'small', input: words(20) },
        { shortestPause: 0.1, attempts: 50 },
      );
      return await collect(
        (async function* () {
          for await (const event of events as AsyncIterable<Event>) {
            yield event;
            if (event.type === 'response.output_text.delta' && ++said === 3) {
              path.add(heir.port);
              path.remove(victim.port);
              await victim.stop();
            }
          }
        })(),
      );
    } finally {
      await path.stop();
      await Promise.all([victim.stop(), heir.stop()]);
    }
  };

  it('goes on exactly if the upstream keeps background responses', async () => {
    const reading = await readThroughKill({ OPENAI_BACKGROUND: 'true' });
    const sample = upstream.answers.length;
    const text = Array.from({ length: 20 }, (_, index) => `w${index}.${sample} `).join('');
    expect(reading).toMatchObject({ text, status: 'completed' });
    expect(upstream.answers).toHaveLength(1);
  });

  it('fails, and is never spliced with another sample, if the upstream keeps none', async () => {
    const asked = upstream.answers.length;
    const reading = await readThroughKill({});
    expect(reading.status).toBe('failed');
    expect(reading.sequences).toEqual(reading.sequences.map((_, index) => index));
    const sample = asked + 1;
    expect(reading.text).toMatch(new RegExp(`^(w\\d+\\.${sample} ){3,}$`));
    expect(upstream.answers).toHaveLength(sample);
  });
});

it('A service that is to resume across replicas does not start without a store they share', async () => {
  const service = launchService({ RESUME_LEASE: '5' });
  await once(service.process, 'exit');
  expect((await service.exited).code).toBe(1);
  expect(service.output()).toContain('set STORE_URL');
});
