import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createResumingResponse, resumingResponse } from './index.js';

interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers each request by the next function; the last one answers all that follow. */
async function serve(...answers: ((received: Received) => void)[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const one = { request, body: Buffer.concat(parts), response };
      received.push(one);
      answers[Math.min(received.length, answers.length) - 1]!(one);
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat`, received };
}

const busy = ({ response }: Received) => response.writeHead(503, { 'Retry-After': '0' }).end();
const stream = { 'Content-Type': 'text/event-stream' };
const resumable = { ...stream, 'Content-Location': '?resume=s' };
const done = ({ response }: Received) => response.writeHead(200, resumable).end('data: [DONE]\n\n');

/** The first event, and then silence. */
const silent = ({ response }: Received) =>
  void response.writeHead(200, resumable).write('id: s:0\ndata: one\n\n');

const bytes = new Uint8Array([0xff, 0xfe, 0, 1, 0x80]);
const post = { method: 'POST', body: bytes };

describe('a body that is cancelled', () => {
  test('closes its connection, though no event comes', async () => {
    const { url, received } = await serve(silent);
    const reader = (await resumingResponse(url, { method: 'POST' })).body!.getReader();
    await reader.read();
    const waiting = reader.read();
    const closed = once(received[0]!.response, 'close');
    await reader.cancel();
    await closed;
    expect(await waiting).toMatchObject({ done: true });
  });

  test('closes its connection before anything was read of it', async () => {
    const { url, received } = await serve(silent);
    const { body } = await resumingResponse(url, { method: 'POST' });
    const closed = once(received[0]!.response, 'close');
    await body!.cancel();
    await closed;
  });

  test('closes the connection by which it went on', async () => {
    const { url, received } = await serve(
      ({ response }) =>
        void response
          .writeHead(200, resumable)
          .write('id: s:0\ndata: one\n\nid: s:1\nda', () => response.destroy()),
      ({ response }) => void response.writeHead(200, resumable).write('id: s:1\ndata: two\n\n'),
    );
    const reader = (
      await createResumingResponse({ shortestPause: 0 })(url, { method: 'POST' })
    ).body!.getReader();
    await reader.read();
    await reader.read();
    const [, second] = received;
    expect(second!.request.headers['last-event-id']).toBe('s:0');
    const closed = once(second!.response, 'close');
    await reader.cancel();
    await closed;
  });
});

test('a caller that aborts gets its own reason, and the connection closes', async () => {
  const { url, received } = await serve(silent);
  const abort = new AbortController();
  const { body } = await resumingResponse(url, { method: 'POST', signal: abort.signal });
  const reader = body!.getReader();
  await reader.read();
  const closed = once(received[0]!.response, 'close');
  abort.abort(new Error('stop'));
  await expect(reader.read()).rejects.toThrow('stop');
  await closed;
});

describe('a request that is sent again', () => {
  test('has the bytes, headers and signal of a Request', async () => {
    const { url, received } = await serve(busy, done);
    const abort = new AbortController();
    const request = new Request(url, {
      ...post,
      headers: { Authorization: 'alice' },
      signal: abort.signal,
    });
    const response = await resumingResponse(request, {
      signal: undefined,
    } as unknown as RequestInit);
    expect(await response.text()).toBe('data: [DONE]\n\n');
    expect(received.map(({ body }) => body)).toEqual([Buffer.from(bytes), Buffer.from(bytes)]);
    expect(received.map(({ request: { headers } }) => headers.authorization)).toEqual([
      'alice',
      'alice',
    ]);
    abort.abort();
    const again = new Request(url, { ...post, signal: abort.signal });
    await expect(resumingResponse(again)).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('is not, if its body is gone with the first one', async () => {
    const { url, received } = await serve(busy, done);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await resumingResponse(url, init)).status).toBe(503);
    expect(received).toHaveLength(1);
  });

  test('is not, if its caller aborts while it waits', async () => {
    const { url, received } = await serve(({ response }) =>
      response.writeHead(503, { 'Retry-After': '60' }).end(),
    );
    const abort = new AbortController();
    const asked = resumingResponse(url, { ...post, signal: abort.signal });
    while (received.length === 0) await new Promise(setImmediate);
    abort.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    expect(received).toHaveLength(1);
  });
});

test.each(['GET', 'POST'])(
  'a %s stream that says nothing of its rest comes as it is, once',
  async (method) => {
    const text = ': hello\n\ndata: 1\n\ndata: 2\n\n';
    const { url, received } = await serve(({ response }) =>
      response.writeHead(200, stream).end(text),
    );
    expect(await (await resumingResponse(url, { method })).text()).toBe(text);
    expect(received).toHaveLength(1);
  },
);

test.each([204, 400, 404, 500, 503])('an answer %i comes as it is', async (status) => {
  const { url, received } = await serve(({ response }) =>
    response.writeHead(status).end(status === 204 ? undefined : 'why'),
  );
  const response = await resumingResponse(url, post);
  expect(response.status).toBe(status);
  expect(await response.text()).toBe(status === 204 ? '' : 'why');
  expect(received).toHaveLength(1);
});

test('a server that is lost before it answers is not asked twice', async () => {
  const { url, received } = await serve(({ request }) => request.socket.destroy());
  await expect(resumingResponse(url, post)).rejects.toMatchObject({ name: 'TypeError' });
  expect(received).toHaveLength(1);
});
