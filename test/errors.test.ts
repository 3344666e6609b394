import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adapters, clientOf } from './support/clients.js';
import { eventually } from '../testing/eventually.js';
import { launchService, startService, type RunningService } from './support/service.js';

const json = { 'content-type': 'application/json' };

describe.each(adapters)('errors on %s', (adapter) => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { HTTP_ADAPTER: adapter } });
  });
  afterAll(() => service.stop());

  const post = (body: string, headers: Record<string, string> = json) =>
    fetch(`${service.url}/v1/responses`, { method: 'POST', headers, body });

  const expectError = async (answer: Response, status: number, error: object) => {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    const body = (await answer.json()) as { error: object };
    expect(Object.keys(body)).toEqual(['error']);
    expect(Object.keys(body.error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(body.error).toMatchObject(error);
  };
  const invalid = { type: 'invalid_request_error' };

  it('tell of a body that is no JSON', async () => {
    await expectError(await post('{"input":'), 400, { ...invalid, code: 'invalid_body' });
  });

  it('tell of a wrong type and where it is', async () => {
    await expectError(await post('{"input":5}'), 400, { ...invalid, param: 'input' });
    const item = JSON.stringify({ input: [{ role: 'user', content: [{ type: 'input_image' }] }] });
    await expectError(await post(item), 400, { ...invalid, param: 'input[0].content[0].type' });
  });

  it('tell of an impossible pace before the first byte', async () => {
    const body = JSON.stringify({ input: 'a', metadata: { tokens_per_second: '0' } });
    await expectError(await post(body), 400, { param: 'metadata.tokens_per_second' });
  });

  it('tell of an oversized body', async () => {
    const body = JSON.stringify({ input: 'x'.repeat(1_100_000) });
    await expectError(await post(body), 413, { ...invalid, code: 'body_too_large' });
  });

  it('tell of a body that is no JSON by its own account', async () => {
    const answer = await post('input=5', { 'content-type': 'text/plain' });
    expect([400, 415]).toContain(answer.status);
    await expectError(answer, answer.status, invalid);
  });

  it('tell of an unknown model through the official client', async () => {
    const asking = clientOf(service, OpenAI).responses.create({ model: 'none', input: 'a' });
    await expect(asking).rejects.toMatchObject({
      status: 400,
      code: 'model_not_found',
      param: 'model',
      type: 'invalid_request_error',
    });
  });

  it('tell of an unknown route, without repeating its query', async () => {
    const answer = await fetch(`${service.url}/v1/nowhere?secret=1`);
    const message = 'Unknown request URL: GET /v1/nowhere.';
    await expectError(answer, 404, { ...invalid, code: 'unknown_url', message });
  });

  it('tell of a wait that is too long', async () => {
    await expectError(await fetch(`${service.url}/v1/slow?ms=60001`), 400, { param: 'ms' });
  });

  /** The answer to bytes that no client library would send. */
  const raw = async (bytes: string): Promise<Response> => {
    const socket = connect(service.port, '127.0.0.1').on('error', () => undefined);
    socket.write(bytes);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    const [line = '', ...lines] = head.split('\r\n');
    const headers = lines.map((one) => one.split(/:\s*/, 2) as [string, string]);
    return new Response(body, { status: Number(line.split(' ')[1]), headers });
  };

  it.each([
    ['an address that cannot be decoded', 'GET /v1/responses/%ff HTTP/1.1\r\nHost: x', [400]],
    [
      'an id that is too long',
      `GET /v1/responses/${'x'.repeat(300)} HTTP/1.1\r\nHost: x`,
      [404, 414],
    ],
    ['an address that is too long', `GET /v1/${'x'.repeat(17_000)} HTTP/1.1\r\nHost: x`, [431]],
    [
      'headers that are too long',
      `GET /v1/x HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(17_000)}`,
      [431],
    ],
    ['what is no HTTP', 'NONSENSE', [400]],
  ])('tell of %s', async (_, head, statuses) => {
    const answer = await raw(`${head}\r\nConnection: close\r\n\r\n`);
    expect(statuses).toContain(answer.status);
    await expectError(answer, answer.status, invalid);
  });

  it('say the same of an address that cannot be decoded, on either adapter', async () => {
    await expectError(await fetch(`${service.url}/v1/responses/%ff`), 400, {
      ...{ ...invalid, code: 'invalid_request', param: null },
      message: 'The request cannot be read: check its method, address and headers.',
    });
  });

  it('are not logged for an upload whose client leaves', async () => {
    const socket = connect(service.port, '127.0.0.1');
    const head = 'POST /v1/responses HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Content-Length: 1000\r\n\r\n{"input`);
    await eventually(async () =>
      expect(await (await fetch(`${service.url}/v1/health`)).json()).toMatchObject({
        in_flight_requests: 2,
      }),
    );
    socket.destroy();
    await eventually(async () =>
      expect(await (await fetch(`${service.url}/v1/health`)).json()).toMatchObject({
        in_flight_requests: 1,
      }),
    );
    expect(service.output()).not.toContain('ERROR');
  });

  it('outside /v1 keep the shape that Nest gives them', async () => {
    const answer = await fetch(`${service.url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ statusCode: 404 });
  });

  it('never repeat a request id that could forge a header', async () => {
    const socket = connect(service.port, '127.0.0.1');
    socket.end(
      'GET /v1/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' +
        'X-Request-ID: a\u0009b<script>\r\n\r\n',
    );
    const answer = await text(socket);
    expect(answer).toMatch(/x-request-id: req_[0-9a-f]{48}\r\n/i);
    expect(answer).not.toContain('<script>');
  });

  it('are plain answers while the service is fine: the slow route waits', async () => {
    const answer = await fetch(`${service.url}/v1/slow?ms=1`);
    expect(await answer.json()).toEqual({ waited_ms: 1 });
  });
});

describe('a service that cannot start', () => {
  it.each([
    [{ PORT: 'x' }, /^Cannot start: PORT must be a port number, for example 8001\.\n$/],
    [{ MODEL: 'm' }, /^Cannot start: MODEL needs OPENAI_API_KEY.*\n$/],
    [{ HOST: '192.0.2.1' }, /^Cannot start: The address does not belong .* set HOST.*\n$/],
  ])('says why in one line: %o', async (env, line) => {
    const service = launchService(env);
    expect((await service.exited).code).toBe(1);
    const complaint = service.output().replace(/^(?!Cannot).*\n/gm, '');
    expect(complaint).toMatch(line);
    expect(service.output()).not.toMatch(/^\s+at /m);
  });

  it('says so when the port is taken', async () => {
    const first = await startService();
    const second = launchService({ PORT: String(first.port) });
    expect((await second.exited).code).toBe(1);
    expect(second.output()).toMatch(/Cannot start: The port is in use: set PORT/);
    await first.stop();
  });
});
