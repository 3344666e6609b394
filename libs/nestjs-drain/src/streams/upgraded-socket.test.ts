import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { afterEach, expect, test } from '@jest/globals';
import { startApplication, type RunningApplication } from '../../test/support/application.js';
import { StreamAdmission, type StreamKind } from '../index.js';

const handshake =
  'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

let running: RunningApplication;
let served: WebSocket;
let socket: Socket;
/** Streams that were open when the application heard of a close. */
const openAtClose: number[] = [];
const clients: { terminate(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await running.close();
  expect(openAtClose.splice(0)).not.toContain(1);
});

/** An application beside whose routes a server of ws stands, without a gateway. */
async function start(kind: StreamKind): Promise<void> {
  const server = new WebSocketServer({ noServer: true });
  server.on('connection', (client) => (served = client));
  running = await startApplication('express', {
    options: { timeout: 10, flushTimeout: 2 },
    prepare: (application) => {
      const http = application.getHttpServer() as Server;
      http.on('upgrade', (request: IncomingMessage, upgraded: Socket, head: Buffer) => {
        socket = upgraded;
        // Behind one of the application that throws, no other is called.
        upgraded.on('close', () => openAtClose.push(running.drain.streams.size));
        const options = { route: 'WS /live', kind };
        if (!application.get(StreamAdmission).openUpgrade(request, upgraded, options)) return;
        server.handleUpgrade(request, upgraded, head, (client) =>
          server.emit('connection', client, request),
        );
      });
    },
  });
}

async function openClient(): Promise<WebSocket> {
  const client = new WebSocket(running.url.replace('http', 'ws'));
  clients.push(client);
  await once(client, 'open');
  return client;
}

async function closed(client: WebSocket): Promise<[number, string]> {
  const [code, reason] = (await once(client, 'close')) as [number, Buffer];
  return [code, reason.toString()];
}

test('a subscription gets 1012 at once, and its server sees the same close', async () => {
  await start('subscription');
  const client = await openClient();
  expect([running.drain.streams.size, running.drain.upgrades.size]).toEqual([1, 0]);
  const [seen, servedSeen] = [closed(client), closed(served)];
  const report = running.drain.start('test');
  expect(await seen).toEqual([1012, 'retry-after=1']);
  expect(await servedSeen).toEqual([1012, 'retry-after=1']);
  expect(await report).toMatchObject({ reconnect: 1, cut: 0, unfinished: {} });
});

test('a finite one goes on until it ends by itself', async () => {
  await start('finite');
  const client = await openClient();
  const report = running.drain.start('test');
  const seen = closed(client);
  served.send('the last answer');
  expect(String((await once(client, 'message'))[0])).toBe('the last answer');
  served.close(1000, 'done');
  expect(await seen).toEqual([1000, 'done']);
  expect(await report).toMatchObject({ completed: 1, cancelled: 0, cut: 0 });
});

test('a finite one gets 1012 at the deadline', async () => {
  await start('finite');
  const client = await openClient();
  const report = running.drain.start('test');
  running.clock.advance(9_999);
  expect(client.readyState).toBe(WebSocket.OPEN);
  const seen = closed(client);
  running.clock.advance(1);
  expect(await seen).toEqual([1012, 'retry-after=1']);
  expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
});

test('the close frame waits for the end of a frame; what comes behind is dropped', async () => {
  await start('subscription');
  const client = await openClient();
  const messages: string[] = [];
  client.on('message', (data: Buffer) => messages.push(data.toString()));
  socket.write(Buffer.from([0x81, 4, 0x77]));
  const seen = closed(client);
  const report = running.drain.start('test');
  expect(client.readyState).toBe(WebSocket.OPEN);
  socket.write(Buffer.concat([Buffer.from('ord'), Buffer.from([0x81, 1, 0x78])]));
  expect(await seen).toEqual([1012, 'retry-after=1']);
  expect(messages).toEqual(['word']);
  expect(await report).toMatchObject({ reconnect: 1, cut: 0 });
});

test('a client that does not answer the close is cut after flushTimeout', async () => {
  await start('subscription');
  const client = await openClient();
  client.pause();
  const report = running.drain.start('test');
  // What is said to it has left before the time passes.
  await new Promise(setImmediate);
  expect(running.drain.streams.size).toBe(1);
  running.clock.advance(2_000);
  expect(await report).toMatchObject({ reconnect: 0, cut: 1 });
});

test('one that its own server has ended is left alone, and completed', async () => {
  await start('subscription');
  const raw = connect({
    port: Number(new URL(running.url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  clients.push({ terminate: () => raw.destroy() });
  raw.write(handshake);
  let bytes = Buffer.alloc(0);
  raw.on('data', (data: Buffer) => (bytes = Buffer.concat([bytes, data])));
  await once(raw, 'data');
  const before = bytes.length;
  socket.end();
  await once(raw, 'end');
  const report = running.drain.start('test');
  expect(running.drain.streams.size).toBe(1);
  raw.end();
  expect(await report).toMatchObject({ completed: 1, reconnect: 0, cut: 0 });
  expect(bytes).toHaveLength(before);
});

test('a handshake that comes while draining is answered 503, before any server sees it', async () => {
  await start('subscription');
  // It holds the drain.
  const waiting = connect(Number(new URL(running.url).port), '127.0.0.1');
  clients.push({ terminate: () => waiting.destroy() });
  await once(waiting, 'connect');
  running.drain.messages.enter({});
  void running.drain.start('test');
  waiting.write(handshake);
  const [answer] = (await once(waiting, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: 1\r\n/);
  expect(running.drain.streams.counts().refused).toBe(1);
  running.drain.reset();
});

test('a socket of another protocol is ended, without a frame', async () => {
  await start('subscription');
  const raw = connect(Number(new URL(running.url).port), '127.0.0.1');
  clients.push({ terminate: () => raw.destroy() });
  const http = running.application.getHttpServer() as Server;
  http.removeAllListeners('upgrade');
  const admission = running.application.get(StreamAdmission);
  http.on('upgrade', (request: IncomingMessage, upgraded: Socket) => {
    socket = upgraded;
    admission.openUpgrade(request, upgraded, { route: 'echo', kind: 'subscription' });
    upgraded.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n',
    );
  });
  raw.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  let text = '';
  raw.on('data', (data: Buffer) => (text += data.toString()));
  await once(raw, 'data');
  const ended = once(raw, 'end');
  const errors: unknown[] = [];
  socket.on('error', (error) => errors.push(error));
  const report = running.drain.start('test');
  socket.write('dropped');
  socket.end('dropped');
  await ended;
  expect(text).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n$/s);
  expect(await report).toMatchObject({ reconnect: 1, cut: 0 });
  expect(errors).toEqual([]);
});
