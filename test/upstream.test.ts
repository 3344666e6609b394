import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf } from './support/clients.js';
import { startService, type RunningService } from './support/service.js';
import { startUpstream, type Upstream } from './support/upstream.js';

describe.each(['responses', 'chat'])('an upstream asked through its %s API', (api) => {
  let upstream: Upstream;
  let service: RunningService;
  let client: OpenAI;
  beforeAll(async () => {
    upstream = await startUpstream();
    service = await startService({
      env: {
        OPENAI_API: api,
        OPENAI_BASE_URL: upstream.url,
        OPENAI_API_KEY: 'secret-key',
        MODEL: 'small',
      },
    });
    client = clientOf(service, OpenAI);
  });
  afterAll(() => Promise.all([service.stop(), upstream.stop()]));

  const ask = (manner: string) => client.responses.stream({ model: 'small', input: manner });

  it('answers through the service', async () => {
    const whole = await client.responses.create({
      input: [{ role: 'user', content: 'answer' }],
      instructions: 'be brief',
      max_output_tokens: 50,
      temperature: 0.5,
      stream: false,
    });
    expect(whole).toMatchObject({ status: 'completed', output_text: 'Hello there' });
    const { output_text, usage, model } = await ask('answer').finalResponse();
    expect({ output_text, model }).toEqual({ output_text: 'Hello there', model: 'small' });
    expect(usage).toMatchObject({ input_tokens: 3, output_tokens: 2, total_tokens: 5 });
  });

  it('is asked what the caller asked, with the key of the service', () => {
    const [request] = upstream.requests;
    expect(request).toMatchObject({ model: 'small', stream: true, temperature: 0.5 });
    expect(request?.max_output_tokens ?? request?.max_tokens).toBe(50);
    expect(JSON.stringify(request)).toContain('be brief');
    expect(upstream.keys[0]).toBe('Bearer secret-key');
  });

  it('that stops at its limit makes the response incomplete, with its reason', async () => {
    expect(await ask('limit').finalResponse()).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output_text: 'Hello there',
    });
  });

  it.each(['fail', 'break'])('that answers with a %s makes the response fail', async (manner) => {
    const response = await ask(manner).finalResponse();
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    expect(JSON.stringify(response)).not.toContain('secret reason');
    const whole = client.responses.create({ model: 'small', input: manner, stream: false });
    await expect(whole).rejects.toMatchObject({ status: 502, type: 'server_error' });
  });

  it.each([
    ['refuse 400', { status: 400, type: 'invalid_request_error', param: 'input' }],
    ['refuse 429', { status: 429, type: 'rate_limit_error' }],
    ['refuse 401', { status: 502, type: 'server_error', code: 'upstream_error' }],
  ])('that says %s is told to the caller before the first byte', async (manner, error) => {
    await expect(ask(manner).finalResponse()).rejects.toMatchObject(error);
  });

  it('is let go of when the response is cancelled', async () => {
    const stream = ask('hang');
    const id = await new Promise<string>((resolve) => {
      stream.once('response.created', ({ response }) => resolve(response.id));
    });
    const dropped = upstream.dropped();
    await client.responses.cancel(id);
    await dropped;
    expect(await stream.finalResponse()).toMatchObject({ status: 'cancelled' });
  });

  it('is let go of when the caller leaves', async () => {
    const dropped = upstream.dropped();
    const request = { model: 'small', input: 'hang', store: false };
    const stream = client.responses.stream(request);
    stream.once('response.output_text.delta', () => stream.abort());
    await expect(stream.finalResponse()).rejects.toThrow('aborted');
    await dropped;
  });

  it('does not replace the embedded model', async () => {
    const metadata = { tokens_per_second: '1000' };
    const stream = client.responses.stream({ model: 'echo', input: 'here too', metadata });
    expect((await stream.finalResponse()).output_text).toBe('here too');
  });

  it('keeps its key out of the logs', () => {
    expect(service.output()).not.toContain('secret-key');
  });
});

describe('an upstream that is not there', () => {
  it('is a 502 that names the remedy', async () => {
    const service = await startService({
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', MODEL: 'small' },
    });
    try {
      const asking = clientOf(service, OpenAI).responses.create({ input: 'a' });
      await expect(asking).rejects.toMatchObject({
        status: 502,
        message: expect.stringContaining('check OPENAI_BASE_URL'),
      });
    } finally {
      await service.stop();
    }
  });
});
