import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { isEnded, isHeadSent, needsDrain } from './response.js';

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
