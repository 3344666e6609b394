import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters, clientOf, clients, words } from './support/clients.js';
import { startService, type RunningService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

type Event = OpenAI.Responses.ResponseStreamEvent;

const fast = { tokens_per_second: '1000' };
/** One word in 1000 s: such a stream ends when it is ended, not before. */
const endless = { tokens_per_second: '0.001' };

describe.each(adapters)('responses on %s', (adapter) => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { HTTP_ADAPTER: adapter } });
  });
  afterAll(() => service.stop());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify(body),
    });
  const activeStreams = async () => {
    const answer = await fetch(`${service.url}/v1/streams/active-count`);
    return ((await answer.json()) as { active_streams: number }).active_streams;
  };

  describe.each(clients)('through the client %s', (_, Client) => {
    const client = () => clientOf(service, Client);

    it('stream the input back, event by event', async () => {
      const input = words(30);
      const request = { model: 'echo', input, metadata: fast, stream: true } as const;
      const events: Event[] = [];
      for await (const event of await client().responses.create(request)) events.push(event);
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
      expect(events.at(-1)).toMatchObject({
        type: 'response.completed',
        response: { status: 'completed', model: 'echo', metadata: fast },
      });
      const deltas = events.filter((event) => event.type === 'response.output_text.delta');
      expect(deltas.map(({ delta }) => delta).join('')).toBe(input);
    });

    it('pass the strict stream helper', async () => {
      const input = words(10);
      const stream = client().responses.stream({ model: 'echo', input, metadata: fast });
      const response = await stream.finalResponse();
      expect(response).toMatchObject({ status: 'completed', output_text: input });
      expect(response.usage?.output_tokens).toBe(10);
    });

    it('come whole when they are not to be streamed', async () => {
      const input = [{ role: 'user' as const, content: 'as a list' }];
      const request = { model: 'echo', input, metadata: fast, stream: false as const };
      const response = await client().responses.create(request);
      expect(response).toMatchObject({ status: 'completed', output_text: 'as a list' });
    });

    it('are cancelled by id, as often as one likes', async () => {
      const stream = client().responses.stream({ model: 'echo', input: 'a', metadata: endless });
      const created = new Promise<string>((resolve) => {
        stream.once('response.created', ({ response }) => resolve(response.id));
      });
      const id = await created;
      expect((await client().responses.cancel(id)).status).toBe('cancelled');
      expect((await client().responses.cancel(id)).status).toBe('cancelled');
      const last = await stream.finalResponse();
      expect(last).toMatchObject({ id, status: 'cancelled', incomplete_details: null });
    });

    it('come whole when their request does not say whether they are streamed', async () => {
      const response = await client().responses.create({ input: 'as OpenAI does', metadata: fast });
      expect(response).toMatchObject({ status: 'completed', output_text: 'as OpenAI does' });
    });

    it('tell what they were asked with, and are deleted', async () => {
      const input = [
        { role: 'user' as const, content: 'one' },
        { role: 'assistant' as const, content: 'two' },
        { role: 'user' as const, content: 'three' },
      ];
      const { id } = await client().responses.create({ input, metadata: fast });
      const texts: unknown[] = [];
      const pages = client().responses.inputItems.list(id, { limit: 2, order: 'asc' });
      for await (const item of pages)
        texts.push((item as { content: { text: string }[] }).content[0]!.text);
      expect(texts).toEqual(['one', 'two', 'three']);
      const [latest] = (await client().responses.inputItems.list(id)).data;
      expect(latest).toMatchObject({ type: 'message', role: 'user', status: 'completed' });
      await client().responses.delete(id);
      for (const ask of [
        () => client().responses.retrieve(id),
        () => client().responses.inputItems.list(id),
        () => client().responses.delete(id),
        () => client().responses.cancel(id),
      ]) {
        await expect(ask()).rejects.toMatchObject({ status: 404, code: 'not_found' });
      }
    });

    it('are ended when they are deleted', async () => {
      const request = { input: 'a', metadata: endless, stream: true } as const;
      const events = await client().responses.create(request);
      const reading = (async () => {
        for await (const event of events) {
          if ('response' in event) await client().responses.delete(event.response.id);
        }
      })();
      await expect(reading).rejects.toThrow();
      await eventually(async () => expect(await activeStreams()).toBe(0));
    });

    it('have models, which are listed as OpenAI lists them', async () => {
      const models: unknown[] = [];
      for await (const model of client().models.list()) models.push(model);
      expect(models).toEqual([expect.objectContaining({ id: 'echo', object: 'model' })]);
      expect(await client().models.retrieve('echo')).toEqual(models[0]);
      await expect(client().models.retrieve('no/such')).rejects.toMatchObject({
        status: 404,
        code: 'model_not_found',
      });
    });
  });

  it('stream for those who accept events, each event with its type, its place and its JSON', async () => {
    const answer = await post('/v1/responses', { input: 'one two', metadata: fast });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const blocks = (await answer.text()).trimEnd().split('\n\n');
    expect(blocks).toHaveLength(10);
    const response = /"id":"(resp_\w+)"/.exec(blocks[0]!)![1]!;
    for (const [index, block] of blocks.entries()) {
      const [event, id, data, ...rest] = block.split('\n');
      const body = JSON.parse(data!.replace(/^data: /, '')) as Event;
      expect([event, rest]).toEqual([`event: ${body.type}`, []]);
      expect(id).toMatch(new RegExp(`^id: ${response}:\\w+:${index}$`));
      expect(body.sequence_number).toBe(index);
    }
  });

  it('are cancelled by the subtask that their metadata names', async () => {
    const metadata = { ...endless, subtask_id: 4711 };
    const answer = await post('/v1/responses', { input: 'a', metadata });
    const cancel = await post('/v1/responses/cancel', { subtask_id: 4711 });
    expect(cancel.status).toBe(200);
    expect(await cancel.json()).toMatchObject({ status: 'cancelled' });
    expect(await answer.text()).toContain('event: response.incomplete');
  });

  it('that do not exist cannot be cancelled', async () => {
    for (const answer of [
      await post('/v1/responses/resp_unknown/cancel', {}),
      await post('/v1/responses/cancel', { subtask_id: 4712 }),
    ]) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
    }
  });

  it.each(['1', 1.5, null])('are not cancelled by the subtask %j, as in Chat Shell', async (id) => {
    const answer = await post('/v1/responses/cancel', { subtask_id: id });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param: 'subtask_id' } });
  });

  it('are not finished in the background where no other replica could have them', async () => {
    const answer = await post('/v1/responses', { input: 'a', background: true });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { param: 'background', message: expect.stringContaining('STORE_URL') },
    });
  });

  it('go on behind the id that a repeated request carries, and are never begun anew', async () => {
    const body = { input: 'one two three', metadata: fast };
    const first = await (await post('/v1/responses', body)).text();
    const ids = [...first.matchAll(/^id: (.+)$/gm)].map(([, id]) => id!);
    const rest = await (await post('/v1/responses', body, { 'last-event-id': ids[4]! })).text();
    expect(rest).toBe(first.slice(first.indexOf(`event: `, first.indexOf(ids[4]!))));
    const ended = await post('/v1/responses', body, { 'last-event-id': ids.at(-1)! });
    expect(ended.status).toBe(204);
    for (const [id, status] of [
      ['guess', 404],
      [`${ids[0]!.slice(0, -1)}99`, 410],
    ] as const) {
      expect((await post('/v1/responses', body, { 'last-event-id': id })).status).toBe(status);
    }
  });

  it('are the same for the same Idempotency-Key, body and principal', async () => {
    const body = { input: 'one two', metadata: fast };
    const key = { 'idempotency-key': `k-${Math.random()}` };
    const first = await (await post('/v1/responses', body, key)).text();
    expect(await (await post('/v1/responses', body, key)).text()).toBe(first);
    const whole = { accept: 'application/json', ...key };
    const again = (await (await post('/v1/responses', body, whole)).json()) as { id: string };
    expect(first).toContain(again.id);
    const other = await post('/v1/responses', { ...body, input: 'three' }, key);
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    const stranger = { ...whole, authorization: 'Bearer other' };
    const theirs = (await (await post('/v1/responses', body, stranger)).json()) as { id: string };
    expect(theirs.id).not.toBe(again.id);
  });

  it('can be begun again with a key whose first request was refused', async () => {
    const key = { accept: 'application/json', 'idempotency-key': `k-${Math.random()}` };
    const impossible = { input: 'a', metadata: { tokens_per_second: '0' } };
    expect((await post('/v1/responses', impossible, key)).status).toBe(400);
    expect((await post('/v1/responses', impossible, key)).status).toBe(400);
  });

  it('that were not kept are not repeated: their key says so', async () => {
    const body = { input: 'a', metadata: fast, store: false };
    const key = { 'idempotency-key': `k-${Math.random()}` };
    expect((await post('/v1/responses', body, key)).status).toBe(200);
    expect((await post('/v1/responses', body, key)).status).toBe(410);
  });

  it('stop when their caller leaves', async () => {
    const answer = await post('/v1/responses', { input: 'a', metadata: endless });
    expect(await activeStreams()).toBe(1);
    await answer.body?.cancel();
    await eventually(async () => expect(await activeStreams()).toBe(0));
  });

  it('are counted the same everywhere', async () => {
    const answer = await post('/v1/responses', { input: 'a', metadata: endless });
    const counts = ['/v1/streams/active-count', '/v1/health', '/', '/health'].map(async (path) => {
      const status = (await (await fetch(`${service.url}${path}`)).json()) as object;
      return 'active_streams' in status ? status.active_streams : undefined;
    });
    expect(await Promise.all(counts)).toEqual([1, 1, 1, 1]);
    await answer.body?.cancel();
    await eventually(async () => expect(await activeStreams()).toBe(0));
  });

  it('are counted apart from other streams, and from answers that are not streamed', async () => {
    const leaving = new AbortController();
    const { signal } = leaving;
    const events = await fetch(`${service.url}/v1/events`, { signal });
    const whole = fetch(`${service.url}/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'a', metadata: endless }),
      signal,
    });
    await eventually(async () => {
      const health = await (await fetch(`${service.url}/health`)).json();
      expect(health).toMatchObject({ active_streams: 2 });
    });
    expect(await activeStreams()).toBe(0);
    leaving.abort();
    await Promise.allSettled([whole, events.text()]);
    await eventually(async () => {
      const health = await (await fetch(`${service.url}/health`)).json();
      expect(health).toMatchObject({ active_streams: 0 });
    });
  });

  it.each([true, false])('repeat the request id when stream is %s', async (stream) => {
    const ask = async (metadata: object, headers: Record<string, string> = {}) => {
      const body = { input: 'a', stream, metadata: { ...fast, ...metadata } };
      const answer = await post('/v1/responses', body, headers);
      await answer.text();
      return answer.headers.get('x-request-id');
    };
    expect(await ask({}, { 'x-request-id': 'mine-1' })).toBe('mine-1');
    expect(await ask({ request_id: 'meta-1' })).toBe('meta-1');
    expect(await ask({ request_id: 'meta-1' }, { 'x-request-id': 'mine-1' })).toBe('mine-1');
    expect(await ask({ request_id: 'a\r\nb' }, { 'x-request-id': 'a b' })).toMatch(/^req_\w{48}$/);
  });
});
