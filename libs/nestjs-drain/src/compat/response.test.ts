import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { breakOff, isEnded, isHeadSent, needsDrain } from './response.js';

const answer = (response: ServerResponse): void => {
  expect(needsDrain(response)).toBe(false);
  for (let count = 0; count < 200; count += 1) response.write('x'.repeat(50_000));
};

/** From a reader that does not read, until it does. */
async function lag(response: ServerResponse, read: () => void): Promise<void> {
  expect(needsDrain(response)).toBe(true);
  const drained = once(response, 'drain');
  read();
  await drained;
  expect(needsDrain(response)).toBe(false);
}

test('a reader that lags is seen over HTTP/1', async () => {
  const server = createServer((_, response) => answer(response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const requested = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [incoming] = (await once(request, 'response')) as [IncomingMessage];
  const [, response] = await requested;
  await lag(response, () => incoming.resume());
  server.closeAllConnections();
  server.close();
});

test('a reader that lags is seen over HTTP/2', async () => {
  const server = http2.createServer((_, response) => answer(response as unknown as ServerResponse));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const requested = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = client.request();
  await once(stream, 'response');
  const [, response] = await requested;
  await lag(response, () => stream.resume());
  client.destroy();
  server.close();
});

describe.each(['HTTP/1', 'HTTP/2'])('over %s', (protocol) => {
  test('what is known of a response is what Node says of it, from its beginning to its end', async () => {
    const seen: boolean[][] = [];
    const look = (response: ServerResponse): void => {
      seen.push([isHeadSent(response), isEnded(response)]);
      expect(seen.at(-1)).toEqual([response.headersSent, response.writableEnded]);
    };
    const onRequest = (_: unknown, response: ServerResponse): void => {
      look(response);
      response.writeHead(200).write('one');
      look(response);
      response.end('two');
      look(response);
    };
    await (protocol === 'HTTP/1' ? askOnce : askOverHttp2)(onRequest);
    expect(seen).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
  });
});

async function askOnce(onRequest: (_: unknown, response: ServerResponse) => void): Promise<void> {
  const server = createServer(onRequest);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  server.close();
}

async function askOverHttp2(
  onRequest: (_: unknown, response: ServerResponse) => void,
): Promise<void> {
  const server = http2.createServer((request, response) =>
    onRequest(request, response as unknown as ServerResponse),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(client.request().resume(), 'close');
  client.destroy();
  server.close();
}

test('law 5: of HTTP/2 only the stream that is broken off ends, with an error', async () => {
  const server = http2.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const responses: http2.Http2ServerResponse[] = [];
  server.on('request', (_, response) => {
    responses.push(response);
    response.write('begun');
  });
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [broken, other] = [client.request(), client.request()];
  await Promise.all([broken, other].map((stream) => once(stream, 'data')));
  const failed = once(broken, 'error');
  breakOff(responses[0] as unknown as ServerResponse);
  expect(await failed).toMatchObject([{ code: 'ERR_HTTP2_STREAM_ERROR' }]);
  responses[1]?.end('rest');
  expect(String(await once(other, 'data'))).toBe('rest');
  await once(other, 'close');
  expect([broken.rstCode, other.rstCode]).toEqual([http2.constants.NGHTTP2_INTERNAL_ERROR, 0]);
  client.close();
  server.close();
});

test('law 7: a Unix socket, which Node cannot reset, is destroyed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unix-'));
  const path = join(folder, 'socket');
  const server = createServer((_, response) => response.write('begun'));
  await once(server.listen(path), 'listening');
  const requested = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const client = connect(path);
  client.write('GET / HTTP/1.0\r\n\r\n');
  const [, response] = await requested;
  const closed = once(client.resume(), 'close');
  breakOff(response);
  await closed;
  expect(response.destroyed).toBe(true);
  server.close();
  await rm(folder, { recursive: true });
});
