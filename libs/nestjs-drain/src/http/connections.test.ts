import { once } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { duplexPair, type Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { bytesArrive, MemoryHttp } from '../../test/support/memory-http.js';
import { Drain } from '../core/drain.js';
import { type DrainOptions, resolveDrainOptions } from '../core/options.js';
import { Connections } from './connections.js';
import { settle } from './keep-alive.js';
import { bodyPatience } from './stalled-body.js';

const flushTimeout = 2;

function setUp() {
  const clock = new ManualClock();
  const http = new MemoryHttp(clock);
  const drain = new Drain(resolveDrainOptions({ timeout: 60, flushTimeout }), clock);
  drain.listeners.add(new Connections(http.server, drain, http.rests));
  return { clock, http, drain };
}

/** Nothing holds the listeners, which would wait until their bound otherwise. */
async function stopsAtOnce(drain: Drain): Promise<boolean> {
  let isStopped = false;
  void drain.stopListeners().then(() => (isStopped = true));
  await bytesArrive();
  await bytesArrive();
  return isStopped;
}

/** A client that writes by hand, and remembers what came. */
function connect(http: MemoryHttp, request: string) {
  const [client, socket] = duplexPair();
  const seen = { text: '', hasEnded: false, isClosed: false };
  client.setEncoding('latin1').on('data', (text: string) => (seen.text += text));
  client.on('end', () => (seen.hasEnded = true));
  socket.on('close', () => (seen.isClosed = true));
  socket.on('error', () => undefined);
  http.server.emit('connection', socket);
  client.write(request);
  return { client, seen };
}

describe('a request whose body stalls', () => {
  const upload = 'POST /upload HTTP/1.1\r\nHost: memory\r\nContent-Length: 5000\r\n\r\n12345';

  test('law 7: gets 408 and holds the drain no longer than its own bound', async () => {
    const { clock, http, drain } = setUp();
    http.server.on('request', (request) => request.resume());
    const { seen } = connect(http, upload);
    await bytesArrive();
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(bodyPatience - 1);
    expect([seen.text, drain.phase]).toEqual(['', 'draining']);
    await clock.advanceAsync(1);
    await bytesArrive();
    expect(seen.text).toContain('408 Request Timeout');
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  test('law 4: is not ended while it makes progress, nor while its handler does not read', async () => {
    const { clock, http, drain } = setUp();
    http.server.on('request', (request) => {
      if (request.headers.host === 'memory') request.resume();
    });
    const slow = connect(http, upload);
    const unread = connect(http, upload.replace('memory', 'unread'));
    await bytesArrive();
    void drain.start('SIGTERM');
    for (let step = 0; step < 10; step += 1) {
      await clock.advanceAsync(bodyPatience - 1);
      slow.client.write('x');
      await bytesArrive();
    }
    expect([slow.seen.hasEnded, unread.seen.hasEnded]).toEqual([false, false]);
    expect([slow.seen.text, unread.seen.text, drain.phase]).toEqual(['', '', 'draining']);
  });
});

test('law 11: a client that is told at the deadline may ask again at once, and is answered', async () => {
  const { clock, http, drain } = setUp();
  http.server.on('request', (request, response) => {
    const transport = { end: () => response.end('farewell'), destroy: () => response.destroy() };
    const stream = drain.streams.admit({ kind: 'finite', route: 'GET /stream' }, transport);
    if (!stream.admitted) return response.writeHead(503).end();
    response.on('close', () => stream.release());
    return response.write('begun');
  });
  const again = 'GET /stream HTTP/1.1\r\nHost: memory\r\n\r\n';
  const [asking, silent] = [connect(http, again), connect(http, again)];
  await bytesArrive();
  const report = drain.start('SIGTERM');
  await clock.advanceAsync(60_000);
  expect(await report).toMatchObject({ cancelled: 2, cut: 0 });
  expect(asking.seen.text).toMatch(/farewell[\s0]+$/);
  const stopped = drain.stopListeners();
  await bytesArrive();
  expect([asking.seen.hasEnded, silent.seen.hasEnded]).toEqual([false, false]);
  asking.client.write(again);
  await bytesArrive();
  expect(asking.seen.text).toMatch(/HTTP\/1.1 503 [^]*Connection: close/);
  await clock.advanceAsync(settle);
  await stopped;
  expect(silent.seen.hasEnded).toBe(true);
});

test('law 7: a client that does not answer the FIN holds nothing', async () => {
  const { clock, http, drain } = setUp();
  http.server.on('request', (_request, response) => response.end('done'));
  const { client, seen } = connect(http, 'GET / HTTP/1.1\r\nHost: memory\r\n\r\n');
  await bytesArrive();
  await clock.advanceAsync(2 * settle);
  await drain.start('SIGTERM');
  let isStopped = false;
  void drain.stopListeners().then(() => (isStopped = true));
  await bytesArrive();
  await bytesArrive();
  expect([seen.hasEnded, client.writable]).toEqual([true, true]);
  expect([seen.isClosed, isStopped, clock.pending]).toEqual([true, true, 0]);
});

test.each<[string, (response: ServerResponse) => unknown]>([
  [
    'removes the listener that hears of its close',
    ({ socket }) => socket?.removeAllListeners('close'),
  ],
  [
    'replaces what destroys its answer, with what throws',
    (response) =>
      (response.destroy = () => {
        throw new Error('not destroyed');
      }),
  ],
])('law 7: a connection is held no longer than its bound by code that %s', async (_, spoil) => {
  const { clock, http, drain } = setUp();
  http.server.on('request', (_request, response) => {
    response.write('begun');
    spoil(response);
  });
  connect(http, 'GET / HTTP/1.1\r\nHost: memory\r\n\r\n');
  await bytesArrive();
  const report = drain.start('SIGTERM');
  await clock.advanceAsync(70_000);
  await report;
  let isStopped = false;
  void drain.stopListeners().then(() => (isStopped = true));
  await bytesArrive();
  await clock.advanceAsync(flushTimeout * 1000);
  await bytesArrive();
  await bytesArrive();
  expect(isStopped).toBe(true);
});

test('law 5: what is left of HTTP/2 at its bound ends with an error', async () => {
  const { clock, drain } = setUp();
  const server = createHttp2Server((_, response) => response.write('begun'));
  drain.listeners.add(new Connections(server, drain));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = client.request();
  await once(stream, 'data');
  const report = drain.start('SIGTERM');
  await clock.advanceAsync(70_000);
  await report;
  const failed = once(stream, 'error');
  const stopped = drain.stopListeners();
  while (server.listening) await bytesArrive();
  await bytesArrive();
  await clock.advanceAsync(flushTimeout * 1000);
  expect(await failed).toMatchObject([{ code: 'ERR_HTTP2_STREAM_ERROR' }]);
  await stopped;
});

test('the GOAWAY of HTTP/2 leaves behind the callback with the request, in which Node would corrupt its memory', async () => {
  const { drain } = setUp();
  const server = createHttp2Server();
  drain.listeners.add(new Connections(server, drain));
  const closed: boolean[] = [];
  server.on('request', ({ stream }, response) => {
    closed.push(stream.session?.closed === true);
    setImmediate(() => {
      closed.push(stream.session?.closed === true);
      response.end('done');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  void drain.start('SIGTERM');
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const goneAway = once(client, 'goaway');
  client.request().resume();
  await goneAway;
  expect(closed).toEqual([false, true]);
  await once(client, 'close');
  server.close();
});

const upgrades = [
  ['an upgraded socket', 'upgrade', 'GET /proxied HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: any'],
  ['a CONNECT tunnel', 'connect', 'CONNECT example.com:443 HTTP/1.1'],
] as const;

describe.each(upgrades)('%s that belongs to no gateway', (_, event, head) => {
  const open = async () => {
    const world = setUp();
    let socket!: Duplex;
    world.http.server.on(event as 'upgrade', (_request, upgraded: Duplex) => (socket = upgraded));
    const { client, seen } = connect(world.http, `${head}\r\nHost: memory\r\n\r\n`);
    await bytesArrive();
    return { ...world, client, seen, socket };
  };

  test('law 7: does not hold the drain, is reported, ended, and destroyed within flushTimeout', async () => {
    const { clock, drain, seen } = await open();
    const report = await drain.start('SIGTERM');
    expect([report.unfinished, seen.hasEnded]).toEqual([{ upgrades: 1 }, false]);
    const stopped = drain.stopListeners();
    await bytesArrive();
    await clock.advanceAsync(250);
    await bytesArrive();
    expect([seen.hasEnded, seen.isClosed]).toEqual([true, false]);
    await clock.advanceAsync(flushTimeout * 1000);
    await stopped;
    expect(seen.isClosed).toBe(true);
  });

  test('is the business of the adapter that claims it', async () => {
    const { drain, seen, socket } = await open();
    drain.upgrades.claim(socket);
    expect((await drain.start('SIGTERM')).unfinished).toEqual({});
    await drain.stopListeners();
    expect(seen.hasEnded).toBe(false);
  });

  test('is not reported once it is closed', async () => {
    const { drain, client, socket } = await open();
    client.destroy();
    socket.destroy();
    await bytesArrive();
    expect((await drain.start('SIGTERM')).unfinished).toEqual({});
  });
});

describe('an upgrade behind a request that is not answered yet', () => {
  const pipelined =
    'GET /first HTTP/1.1\r\nHost: memory\r\n\r\n' +
    'GET /socket HTTP/1.1\r\nHost: memory\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n';

  async function upgraded() {
    const all = setUp();
    let socket!: Duplex;
    all.http.server.on('upgrade', (_request, upgraded: Duplex) => (socket = upgraded));
    const { client } = connect(all.http, pipelined);
    await bytesArrive();
    expect(all.drain.upgrades.size).toBe(1);
    return { ...all, client, socket };
  }

  test('law 2: the drain waits for the answer', async () => {
    const { clock, http, drain } = await upgraded();
    expect(drain.requests.size).toBe(1);
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(2 * settle);
    expect(drain.phase).toBe('draining');
    http.finish('/first');
    await bytesArrive();
    await clock.advanceAsync(0);
    expect(drain.requests.size).toBe(0);
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: { upgrades: 1 } });
  });

  test('law 4: it is counted no longer where its client leaves', async () => {
    const { clock, drain, client, socket } = await upgraded();
    const report = drain.start('SIGTERM');
    client.destroy();
    socket.destroy();
    await bytesArrive();
    await clock.advanceAsync(2 * settle);
    expect((await report).unfinished).toEqual({});
  });
});

describe('an answer to a request that comes by no listener of the library', () => {
  async function unseen(options: DrainOptions = {}) {
    const clock = new ManualClock();
    const http = new MemoryHttp(clock);
    const drain = new Drain(resolveDrainOptions({ timeout: 60, flushTimeout, ...options }), clock);
    drain.listeners.add(new Connections(http.server, drain, http.rests));
    const [hold] = http.server.listeners('request').slice(-2) as [() => void];
    http.server.removeAllListeners('request').on('request', hold);
    const client = http.connect();
    client.ask();
    await bytesArrive();
    return { clock, http, drain, client };
  }

  test('law 2: is waited for, and no longer than until its end', async () => {
    const { clock, http, drain, client } = await unseen();
    expect(drain.requests.size).toBe(1);
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(5_000);
    expect(drain.phase).toBe('draining');
    http.finish(client.path);
    await bytesArrive();
    await clock.advanceAsync(settle);
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  test('law 3: does not hold the drain where it began in between', async () => {
    const { clock, http, drain, client } = await unseen({ propagationDelay: 1 });
    http.finish(client.path);
    await bytesArrive();
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(900);
    client.ask();
    await bytesArrive();
    await clock.advanceAsync(100);
    http.finish(client.path);
    await bytesArrive();
    await clock.advanceAsync(100);
    client.ask();
    await bytesArrive();
    await clock.advanceAsync(settle);
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  test('is forgotten behind a reset', async () => {
    const { clock, http, drain, client } = await unseen();
    const report = drain.start('test');
    report.catch(() => undefined);
    await clock.advanceAsync(1);
    drain.reset();
    http.finish(client.path);
    await bytesArrive();
    expect(drain.requests.size).toBe(0);
  });
});

test('law 7: a response that an upgrade handler puts on its socket is no answer', async () => {
  const { http, drain } = setUp();
  http.server.on('upgrade', (request: IncomingMessage, socket: Duplex) =>
    new ServerResponse(request).assignSocket(socket as Socket),
  );
  const upgrade =
    'GET /socket HTTP/1.1\r\nHost: memory\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n';
  connect(http, upgrade);
  await bytesArrive();
  expect(drain.requests.size).toBe(0);
  expect((await drain.start('SIGTERM')).unfinished).toEqual({ upgrades: 1 });
});

test('law 2: the drain waits for answers that are pipelined behind another', async () => {
  const { clock, http, drain } = setUp();
  connect(
    http,
    ['/1', '/2'].map((path) => `GET ${path} HTTP/1.1\r\nHost: memory\r\n\r\n`).join(''),
  );
  await bytesArrive();
  expect(drain.requests.size).toBe(2);
  const report = drain.start('SIGTERM');
  http.finish('/1');
  await bytesArrive();
  await clock.advanceAsync(2 * settle);
  expect(drain.phase).toBe('draining');
  http.finish('/2');
  await bytesArrive();
  await clock.advanceAsync(settle);
  expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
});

test('law 9: nothing listens to an answer while serving, behind a reset neither', async () => {
  const { http, drain } = setUp();
  const client = http.connect();
  const listeners = async (): Promise<number | undefined> => {
    client.ask();
    await bytesArrive();
    const count = http.held.get(client.path)?.listenerCount('close');
    http.finish(client.path);
    await bytesArrive();
    return count;
  };
  const counts = [await listeners()];
  drain.start('test').catch(() => undefined);
  counts.push(await listeners());
  drain.reset();
  const again = http.connect();
  again.ask();
  await bytesArrive();
  counts.push(http.held.get(again.path)?.listenerCount('close'));
  // One is the test's own.
  expect(counts).toEqual([1, 2, 1]);
});

test('law 7: a request of HTTP/2 that another server hands over is forgotten with its connection', async () => {
  const { http, drain } = setUp();
  const front = createHttp2Server();
  front.on('request', (request, response) => {
    http.server.emit('request', request, response);
    response.end('done');
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const closed = once(front, 'session').then(([session]) => once(session as Socket, 'close'));
  const client = connectHttp2(`http://127.0.0.1:${(front.address() as AddressInfo).port}`);
  const stream = client.request({ ':path': '/' }).resume();
  await once(stream, 'end');
  client.close();
  await closed;
  front.close();
  await once(front, 'close');
  await bytesArrive();
  await drain.start('SIGTERM');
  expect(await stopsAtOnce(drain)).toBe(true);
});

test('law 7: a connection that is given to the server behind a Proxy is forgotten at its close', async () => {
  const { http, drain } = setUp();
  const front = createServer((socket) => http.server.emit('connection', new Proxy(socket, {})));
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const accepted = once(front, 'connection') as Promise<[Socket]>;
  const client = connectSocket((front.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await accepted;
  const closed = new Promise((resolve) => socket.on('close', resolve));
  client.resetAndDestroy();
  await closed;
  front.close();
  await drain.start('SIGTERM');
  expect(await stopsAtOnce(drain)).toBe(true);
});
