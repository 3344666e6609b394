import OpenAI, { type APIError } from 'openai';
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

  it('that does not count is not counted for', async () => {
    const { usage, output_text } = await ask('uncounted').finalResponse();
    expect({ usage, output_text }).toEqual({ usage: undefined, output_text: 'Hello there' });
  });

  const tools = [
    { type: 'function' as const, name: 'add', strict: true, parameters: { type: 'object' } },
  ];
  const called = { type: 'function_call' as const, name: 'add', arguments: '{"a":1}' };

  it('calls functions through the service, piece by piece', async () => {
    const deltas: string[] = [];
    const stream = client.responses.stream({ model: 'small', input: 'call', tools });
    stream.on('response.function_call_arguments.delta', ({ delta }) => deltas.push(delta));
    const { output, tools: told } = await stream.finalResponse();
    expect(deltas).toEqual(['{"a":', '1}']);
    expect(output).toMatchObject([{ ...called, call_id: 'call_up', status: 'completed' }]);
    expect(told).toEqual(tools);
  });

  it('is given calls and their outputs, images and files', async () => {
    const image = 'data:image/png;base64,AAAA';
    const file = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' };
    await client.responses.create({
      model: 'small',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'answer' },
            { type: 'input_image', image_url: image, detail: 'low' },
            { type: 'input_file', ...file },
          ],
        },
        { ...called, call_id: 'call_7' },
        { type: 'function_call_output', call_id: 'call_7', output: 'the sum' },
      ],
      stream: false,
    });
    const told = JSON.stringify(upstream.requests.at(-1));
    for (const part of [image, file.filename, file.file_data, 'call_7', 'the sum', '"low"']) {
      expect(told).toContain(part);
    }
  });

  it('is asked with every parameter that it has', async () => {
    await client.responses.create({
      ...{ model: 'small', input: 'answer', stream: false, tools, tool_choice: 'required' },
      ...{ parallel_tool_calls: false, top_logprobs: 2, service_tier: 'flex', user: 'me' },
      ...{ reasoning: { effort: 'low' }, top_p: 0.5, truncation: 'disabled' },
      text: {
        format: { type: 'json_schema', name: 'sum', schema: { type: 'object' }, strict: true },
        verbosity: 'low',
      },
    });
    const common = {
      top_logprobs: 2,
      parallel_tool_calls: false,
      service_tier: 'flex',
      top_p: 0.5,
    };
    const schema = { name: 'sum', schema: { type: 'object' }, strict: true };
    expect(upstream.requests.at(-1)).toMatchObject(
      api === 'chat'
        ? {
            ...{ ...common, logprobs: true, reasoning_effort: 'low', verbosity: 'low', user: 'me' },
            response_format: { type: 'json_schema', json_schema: schema },
            tools: [{ type: 'function', function: { name: 'add', strict: true } }],
            tool_choice: 'required',
          }
        : {
            ...{ ...common, reasoning: { effort: 'low' }, tools, truncation: 'disabled' },
            text: { format: { type: 'json_schema', ...schema }, verbosity: 'low' },
            tool_choice: 'required',
          },
    );
  });

  const missing: [string, object][] =
    api === 'chat'
      ? [
          ['truncation', { truncation: 'auto' }],
          ['prompt', { prompt: { id: 'pmpt_1' } }],
          ['tools[0].type', { tools: [{ type: 'web_search' }] }],
          ['reasoning.summary', { reasoning: { summary: 'auto' } }],
          ['include[0]', { include: ['reasoning.encrypted_content'] }],
          ['no_such_thing', { no_such_thing: 1 }],
        ]
      : [
          ['seed', { seed: 7 }],
          ['no_such_thing', { no_such_thing: 1 }],
        ];

  it.each(missing)(
    'is not asked without %s: what it has not is refused by name',
    async (param, parameters) => {
      const asked = upstream.requests.length;
      const asking = client.responses.create({ input: 'answer', ...parameters });
      await expect(asking).rejects.toMatchObject({ status: 400, param });
      expect(upstream.requests).toHaveLength(asked);
    },
  );

  it.each(['fail', 'break'])('that answers with a %s makes the response fail', async (manner) => {
    const response = await ask(manner).finalResponse();
    expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } });
    expect(JSON.stringify(response)).not.toContain('secret reason');
    const whole = client.responses.create({ model: 'small', input: manner, stream: false });
    await expect(whole).rejects.toMatchObject({ status: 502, type: 'server_error' });
  });

  if (api === 'responses') {
    it('that fails for a reason of the caller’s says it', async () => {
      const error = { code: 'invalid_image', message: 'The image is broken.' };
      expect(await ask('bad image').finalResponse()).toMatchObject({ status: 'failed', error });
    });
  }

  it.each([400, 413, 422, 429])('that refuses with %s is quoted to the caller', async (status) => {
    const asked = upstream.requests.length;
    const refused = ask(`refuse ${status}`).finalResponse();
    const theirs = { param: 'input', type: 'their_type', code: 'their_code' };
    await expect(refused).rejects.toMatchObject({ status, ...theirs });
    const { headers, message } = (await refused.catch((error: unknown) => error)) as APIError;
    expect(message).toBe(`${status} Said the upstream.`);
    expect(headers?.get('retry-after')).toBe('7');
    // Its client repeats requests. If the service did too, they would be multiplied.
    expect(upstream.requests).toHaveLength(asked + 1);
  });

  it.each([
    [401, 'check OPENAI_API_KEY'],
    [403, 'check that OPENAI_API_KEY may use MODEL'],
    [404, 'check MODEL and OPENAI_BASE_URL'],
    [500, 'look at the log of the upstream'],
    [503, 'look at the log of the upstream'],
  ])('that refuses with %s is the operator’s matter: the log says %s', async (status, remedy) => {
    const asked = upstream.requests.length;
    const refused = ask(`refuse ${status}`).finalResponse();
    const told = { status: 502, type: 'server_error', code: 'upstream_error' };
    await expect(refused).rejects.toMatchObject(told);
    const { message } = (await refused.catch((error: unknown) => error)) as APIError;
    expect(message).not.toMatch(/upstream|OPENAI/);
    expect(service.output()).toMatch(new RegExp(`${status}.*: ${remedy}`));
    expect(upstream.requests).toHaveLength(asked + 1);
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
  it('is a 502, and the log names the remedy', async () => {
    const service = await startService({
      env: { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', MODEL: 'small' },
    });
    try {
      const asking = clientOf(service, OpenAI).responses.create({ input: 'a' });
      await expect(asking).rejects.toMatchObject({ status: 502, code: 'upstream_error' });
      expect(service.output()).toContain('cannot be reached: check OPENAI_BASE_URL');
    } finally {
      await service.stop();
    }
  });
});
