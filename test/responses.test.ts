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
      headers: { 'content-type': 'application/json', ...headers },
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
      expect(last).toMatchObject({ id, incomplete_details: { reason: 'cancelled' } });
    });
  });

  it('stream by default, each event with its type, its number and its JSON', async () => {
    const answer = await post('/v1/responses', { input: 'one two', metadata: fast });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const blocks = (await answer.text()).trimEnd().split('\n\n');
    expect(blocks).toHaveLength(10);
    for (const [index, block] of blocks.entries()) {
      const [event, id, data, ...rest] = block.split('\n');
      const body = JSON.parse(data!.replace(/^data: /, '')) as Event;
      expect([event, id, rest]).toEqual([`event: ${body.type}`, `id: ${index}`, []]);
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
      await post('/v1/responses/cancel', { subtask_id: 'unknown' }),
    ]) {
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
    }
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
