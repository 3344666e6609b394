import { once } from 'node:events';
import { connect } from 'node:net';
import { EventSource } from 'eventsource';
import type { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { describe, expect, it } from '@jest/globals';
import { adapters, clientOf, clients, words } from './support/clients.js';
import { startService, type RunningService } from './support/service.js';
import { eventually } from '../testing/eventually.js';

const [, OpenAI] = clients[0];

/** Runs a test on a service of its own, because each of these ends with the service gone. */
async function withService(
  env: Record<string, string>,
  use: (service: RunningService) => Promise<void>,
) {
  const service = await startService({ env });
  try {
    await use(service);
  } finally {
    await service.stop();
  }
}

const post = (service: RunningService, body: object) =>
  fetch(`${service.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Waits for the first word of a stream and goes on collecting. */
async function receiveFirstWords(stream: ResponseStream) {
  let text = '';
  stream.on('response.output_text.delta', ({ delta }) => (text += delta));
  await new Promise((resolve) => stream.once('response.output_text.delta', resolve));
  return { soFar: () => text };
}

describe.each(adapters)('the service on %s goes away', (adapter) => {
  it('with every stream finished, new ones refused, and exit code 0', () =>
    withService({ HTTP_ADAPTER: adapter }, async (service) => {
      const input = words(40);
      const stream = clientOf(service, OpenAI).responses.stream({
        model: 'echo',
        input,
        metadata: { tokens_per_second: '20' },
      });
      await new Promise((resolve) => stream.once('response.output_text.delta', resolve));
      service.process.kill('SIGTERM');
      await eventually(
        async () =>
          expect(await (async () => (await fetch(`${service.url}/ready`)).status)()).toBe(503),
        { interval: 10 },
      );
      expect((await fetch(`${service.url}/health`)).status).toBe(200);
      const refused = await post(service, { input: 'late' });
      expect(refused.status).toBe(503);
      expect(refused.headers.get('connection')).toBe('close');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await refused.json()).toEqual({
        error: {
          message: expect.stringContaining('shutting down'),
          type: 'server_error',
          param: null,
          code: 'shutting_down',
        },
      });
      expect((await stream.finalResponse()).output_text).toBe(input);
      expect(await service.exited).toEqual({ code: 0, signal: null });
    }));

  it('and tells every client at the deadline what it still had', () =>
    withService({ HTTP_ADAPTER: adapter, GRACEFUL_SHUTDOWN_TIMEOUT: '0.5' }, async (service) => {
      const input = words(400);
      const streams = clients.map(([, Client]) =>
        clientOf(service, Client).responses.stream({ model: 'echo', input }),
      );
      const texts = await Promise.all(streams.map(receiveFirstWords));
      service.process.kill('SIGTERM');
      for (const [index, stream] of streams.entries()) {
        const response = await stream.finalResponse();
        expect(response).toMatchObject({
          status: 'incomplete',
          incomplete_details: { reason: 'shutting_down' },
          output_text: texts[index]!.soFar(),
        });
        expect(input.startsWith(response.output_text)).toBe(true);
      }
      expect(await service.exited).toEqual({ code: 0, signal: null });
    }));

  it('although a client has stopped reading, and says that its stream was cut', () =>
    withService({ HTTP_ADAPTER: adapter, GRACEFUL_SHUTDOWN_TIMEOUT: '1' }, async (service) => {
      // More than the kernel's buffers hold: its last bytes cannot leave.
      const body = JSON.stringify({
        stream: true,
        input: `${'w'.repeat(8000)} `.repeat(125),
        metadata: { tokens_per_second: '1000' },
      });
      const socket = connect(service.port, '127.0.0.1').on('error', () => undefined);
      socket.write(
        'POST /v1/responses HTTP/1.1\r\nHost: service\r\nContent-Type: application/json\r\n' +
          `Content-Length: ${body.length}\r\n\r\n${body}`,
      );
      await once(socket, 'readable');
      const waiting = fetch(`${service.url}/shutdown/wait`);
      expect(await (await waiting).json()).toMatchObject({ status: 'timeout', cut: 1 });
      service.process.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
      socket.destroy();
    }));

  it("and tells it under Chat Shell's names and ColdBrew's", () =>
    withService({ HTTP_ADAPTER: adapter, SHUTDOWN_DURATION_IN_SECONDS: '20' }, async (service) => {
      const status = async (path: string) => (await fetch(`${service.url}${path}`)).status;
      const initiate = async () =>
        (await fetch(`${service.url}/shutdown/initiate`, { method: 'POST' })).json();
      const pending = fetch(`${service.url}/v1/slow?ms=500`);
      await eventually(async () =>
        expect(await (await fetch(`${service.url}/ready`)).json()).toMatchObject({
          shutting_down: false,
          active_streams: 0,
          in_flight_requests: 1,
        }),
      );
      expect([await status('/healthcheck'), await status('/readycheck')]).toEqual([200, 200]);
      expect(await initiate()).toMatchObject({
        status: 'shutdown_initiated',
        timeout_seconds: 20,
      });
      expect(await initiate()).toMatchObject({ status: 'already_shutting_down' });
      expect([await status('/healthcheck'), await status('/readycheck')]).toEqual([200, 503]);
      await pending;
    }));

  it('and waits for the slow route', () =>
    withService({ HTTP_ADAPTER: adapter }, async (service) => {
      const slow = fetch(`${service.url}/v1/slow?ms=300`);
      await eventually(async () =>
        expect(
          await (async () => {
            const health = await fetch(`${service.url}/v1/health`);
            return (await health.json()) as object;
          })(),
        ).toMatchObject({ in_flight_requests: 1 }),
      );
      service.process.kill('SIGTERM');
      expect(await (await slow).json()).toEqual({ waited_ms: 300 });
      expect((await service.exited).code).toBe(0);
    }));

  it('and its subscriptions reconnect to the next one', () =>
    withService({ HTTP_ADAPTER: adapter }, async (service) => {
      const source = new EventSource(`${service.url}/v1/events`);
      try {
        const event = await new Promise<MessageEvent>((resolve) => {
          source.addEventListener('status', resolve, { once: true });
        });
        expect(JSON.parse(event.data as string)).toMatchObject({ phase: 'serving' });
        const ended = new Promise((resolve) => {
          source.addEventListener('error', resolve, { once: true });
        });
        service.process.kill('SIGTERM');
        await ended;
        expect(source.readyState).toBe(EventSource.CONNECTING);
      } finally {
        source.close();
      }
    }));
});

it('A service whose signal handler is disabled leaves signals to the process', () =>
  withService({ DISABLE_SIGNAL_HANDLER: 'true' }, async (service) => {
    service.process.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: null, signal: 'SIGTERM' });
  }));
