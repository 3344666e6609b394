import { once } from 'node:events';
import { connect } from 'node:net';
import type { OnModuleDestroy } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { concat, defer, NEVER, of, startWith, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Drain } from '../src/core/drain.js';
import type { DrainOptions } from '../src/core/options.js';
import { DrainableStream } from '../src/index.js';
import { DrainWebSocketModule } from '../src/websocket/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { nextEvent } from './support/application.js';
import { closeApplication, drainedModule } from './support/drained-module.js';
import { startFixture } from './support/fixture-process.js';
import { Gate } from './support/gate.js';
import { socketIoClient, wsClient, type SocketClient } from './support/socket-clients.js';
import { eventually } from '../../../testing/eventually.js';

interface Reply {
  readonly event: string;
  readonly data: string;
}

let gate: Gate<string>;
let log: string[];
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  gate = new Gate();
  log = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

@WebSocketGateway({ path: '/chat' })
class ChatGateway implements OnModuleDestroy {
  @SubscribeMessage('ask')
  async ask(): Promise<Reply> {
    return { event: 'answer', data: await gate.pass() };
  }

  @SubscribeMessage('tell')
  tell(): Observable<Reply> {
    return concat(
      of({ event: 'part', data: 'once' }),
      defer(async () => ({ event: 'end', data: await gate.pass() })),
    );
  }

  @SubscribeMessage('ping')
  ping(): Reply {
    return { event: 'pong', data: '' };
  }

  onModuleDestroy(): void {
    log.push('destroyed');
  }
}

@DrainableStream({ kind: 'subscription' })
@WebSocketGateway({ path: '/feed' })
class FeedGateway {
  @SubscribeMessage('follow')
  follow(): Observable<Reply> {
    return NEVER.pipe(startWith({ event: 'news', data: 'first' }));
  }
}

const libraries = [
  ['ws', WsAdapter, wsClient],
  ['socket.io', IoAdapter, socketIoClient],
] as const;

describe.each(libraries)('a gateway over %s', (_, Adapter, client) => {
  async function start(
    options: DrainOptions = {},
    { clock, closeCode }: { clock?: ManualClock; closeCode?: 1001 | 1012 } = {},
  ) {
    const entry = closeCode ? DrainWebSocketModule.forRoot({ closeCode }) : DrainWebSocketModule;
    const parts = { imports: [entry], providers: [ChatGateway, FeedGateway] };
    const { module, drain } = await drainedModule(parts, options, clock);
    const application = module.createNestApplication({ logger: false });
    application.useWebSocketAdapter(new Adapter(application));
    await application.listen(0, '127.0.0.1');
    const url = await application.getUrl();
    const close = (): Promise<void> => closeApplication(application, clock);
    cleanups.push(close);
    return { url, drain, close };
  }

  async function opened(url: string, path: string): Promise<SocketClient> {
    const made = client(url, path);
    cleanups.push(() => made.end());
    await made.opened;
    return made;
  }

  /** A client that waits for an answer. */
  async function asking(url: string, event = 'ask'): Promise<SocketClient> {
    const made = await opened(url, '/chat');
    made.send(event);
    await gate.reached;
    return made;
  }

  async function draining(drain: Drain): Promise<void> {
    const changed = nextEvent(drain, 'phaseChanged');
    void drain.start('test');
    await changed;
  }

  test('tells the clients of a subscription at once: 1012, and when to come back', async () => {
    const { url, drain } = await start({ retryAfter: 3 });
    const feed = await opened(url, '/feed');
    const news = feed.reply('news');
    feed.send('follow');
    expect(await news).toBe('first');
    const report = drain.start('test');
    expect(await feed.closed).toEqual({ code: 1012, reason: 'retry-after=3' });
    expect(await report).toMatchObject({ activeBefore: 1, reconnect: 1, cut: 0 });
  });

  test('closes an idle client at once, and one that waits after its answer', async () => {
    const { url, drain } = await start();
    const idle = await opened(url, '/chat');
    const waiting = await asking(url);
    const answer = waiting.reply('answer');
    const report = drain.start('test');
    expect(await idle.closed).toMatchObject({ code: 1012 });
    await eventually(() => expect(drain.streams.size).toBe(1));
    gate.open('done');
    expect(await answer).toBe('done');
    expect(await waiting.closed).toMatchObject({ code: 1012 });
    expect(await report).toMatchObject({ activeBefore: 2, completed: 2, cut: 0 });
  });

  test('finishes a reply that comes in parts', async () => {
    const { url, drain } = await start();
    const waiting = await asking(url, 'tell');
    const end = waiting.reply('end');
    void drain.start('test');
    gate.open('done');
    expect(await end).toBe('done');
    expect(await waiting.closed).toMatchObject({ code: 1012 });
  });

  test('still answers what a waiting client asks meanwhile', async () => {
    const { url, drain } = await start();
    const waiting = await asking(url);
    await draining(drain);
    const pong = waiting.reply('pong');
    waiting.send('ping');
    expect(await pong).toBe('');
    gate.open('done');
    await waiting.closed;
  });

  test('takes no more once the messages from before the drain are answered, so busy clients leave too', async () => {
    const { url, drain } = await start();
    const busy = await asking(url);
    await draining(drain);
    const last = new Gate<string>();
    const first = gate;
    gate = last;
    busy.send('ask');
    await last.reached;
    const answer = busy.reply('answer');
    first.open('first');
    expect(await answer).toBe('first');
    gate = new Gate();
    const unreached = jest.fn();
    void gate.reached.then(unreached);
    busy.send('ask');
    const lastAnswer = busy.reply('answer');
    last.open('last');
    expect(await lastAnswer).toBe('last');
    expect(await busy.closed).toMatchObject({ code: 1012 });
    expect(unreached).not.toHaveBeenCalled();
  });

  test('closes what is not finished at the deadline, with 1012 and not 1006', async () => {
    const clock = new ManualClock();
    const { url, drain } = await start({ timeout: 5 }, { clock });
    const waiting = await asking(url);
    const report = drain.start('test');
    await clock.advanceAsync(5_000);
    expect(await waiting.closed).toMatchObject({ code: 1012 });
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 1, cut: 0 });
  });

  test('closes with 1001 if told to', async () => {
    const { url, drain } = await start({}, { closeCode: 1001 });
    const idle = await opened(url, '/chat');
    void drain.start('test');
    expect(await idle.closed).toMatchObject({ code: 1001 });
  });

  test('refuses a new client with 503 before the handshake, and counts it', async () => {
    const { url, drain } = await start();
    const waiting = await asking(url);
    const report = drain.start('test');
    const late = client(url, '/chat');
    cleanups.push(() => late.end());
    await expect(late.opened).rejects.toThrow('503');
    gate.open('done');
    await waiting.closed;
    expect(await report).toMatchObject({ completed: 1, refused: 1 });
  });

  test('lets new clients in during lame duck', async () => {
    const clock = new ManualClock();
    const { url, drain } = await start({ propagationDelay: 5 }, { clock });
    void drain.start('test');
    const late = await opened(url, '/chat');
    await clock.advanceAsync(5_000);
    expect(await late.closed).toMatchObject({ code: 1012 });
  });

  test('has closed all its clients before a module is destroyed, and close() returns', async () => {
    const { url, drain, close } = await start();
    const waiting = await asking(url);
    const feed = await opened(url, '/feed');
    const started = nextEvent(drain, 'started');
    const closed = close();
    await started;
    expect(await feed.closed).toMatchObject({ code: 1012 });
    expect(log).toEqual([]);
    gate.open('done');
    expect(await waiting.closed).toMatchObject({ code: 1012 });
    await closed;
    expect(log).toEqual(['destroyed']);
  });

  test('does not wait beyond flushTimeout for a client that does not answer the close', async () => {
    const clock = new ManualClock();
    const { url, drain } = await start({ flushTimeout: 1 }, { clock });
    const silent = await silentClient(url);
    await eventually(() => expect(drain.streams.size).toBe(1));
    const gone = once(silent, 'close');
    const report = drain.start('test');
    await clock.advanceAsync(1_000);
    await gone;
    expect(await report).toMatchObject({ outcome: 'completed', reconnect: 0, cut: 1 });
  });

  /** A client that has shaken hands and reads no more. */
  async function silentClient(url: string) {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    cleanups.push(() => socket.destroy());
    const query = Adapter === IoAdapter ? '/?EIO=4&transport=websocket' : '';
    const key = Buffer.from('nestjs-drain key').toString('base64');
    const headers = [
      `GET /feed${query} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${key}`,
    ];
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    await once(socket, 'data');
    // socket.io's own handshake: a masked text frame with the packet "40".
    if (query) socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]));
    return socket;
  }
});

test('socket.io by long polling: refused with 503, closed without a reset, and its requests end', async () => {
  const parts = { imports: [DrainWebSocketModule], providers: [ChatGateway, FeedGateway] };
  const { module, drain } = await drainedModule(parts);
  const application = module.createNestApplication({ logger: false });
  await application.listen(0, '127.0.0.1');
  const url = await application.getUrl();
  const polling = socketIoClient(url, '/chat', ['polling']);
  const waiting = socketIoClient(url, '/chat');
  cleanups.push(() => {
    polling.end();
    waiting.end();
    return application.close();
  });
  await Promise.all([polling.opened, waiting.opened]);
  waiting.send('ask');
  await gate.reached;
  const report = drain.start('test');
  expect(await polling.closed).toMatchObject({ reason: 'transport close' });
  const late = socketIoClient(url, '/chat', ['polling']);
  await expect(late.opened).rejects.toThrow('503');
  gate.open('done');
  expect(await report).toMatchObject({ completed: 2, refused: 1, unfinished: {} });
});

test('a socket.io client comes back by itself after it was told', async () => {
  const parts = { imports: [DrainWebSocketModule], providers: [FeedGateway] };
  const { module, drain } = await drainedModule(parts);
  const application = module.createNestApplication({ logger: false });
  await application.listen(0, '127.0.0.1');
  const feed = socketIoClient(await application.getUrl(), '/feed');
  cleanups.push(() => {
    feed.end();
    return application.close();
  });
  await feed.opened;
  const manager = feed.socket.io;
  manager.reconnection(true);
  const attempt = new Promise((resolve) => manager.once('reconnect_attempt', resolve));
  void drain.start('test');
  expect(await feed.closed).toMatchObject({ code: 1012 });
  await attempt;
});

test.each(['ws', 'socket.io'])(
  'a process on SIGTERM answers over %s, closes with 1012, and exits with 0',
  async (library) => {
    const fixture = await startFixture('websocket', { LIBRARY: library });
    cleanups.push(() => fixture.stop());
    await fixture.printed('listening');
    const [url = ''] = /http:\S+/.exec(fixture.output()) ?? [];
    const made = library === 'ws' ? wsClient(url, '/') : socketIoClient(url, '/socket.io');
    await made.opened;
    const answer = made.reply('answer');
    made.send('ask');
    await fixture.printed('working');
    fixture.process.kill('SIGTERM');
    expect(await answer).toBe('done');
    expect(await made.closed).toMatchObject({ code: 1012 });
    expect(await fixture.exited).toEqual({ code: 0, signal: null });
  },
);
