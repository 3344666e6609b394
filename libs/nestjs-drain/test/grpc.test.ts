import { once } from 'node:events';
import { connect } from 'node:net';
import { status, type ServiceError } from '@grpc/grpc-js';
import { Controller, Sse, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import { GrpcMethod, Transport } from '@nestjs/microservices';
import { concat, defer, NEVER, of, startWith, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DrainableStream } from '../src/index.js';
import type { Drain } from '../src/core/drain.js';
import type { DrainOptions } from '../src/core/options.js';
import { DrainGrpcModule } from '../src/grpc/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { nextEvent } from './support/application.js';
import { closeApplication, drainedModule } from './support/drained-module.js';
import { startFixture } from './support/fixture-process.js';
import { freePort } from './support/free-port.js';
import { Gate } from './support/gate.js';
import { answerOf, GrpcClient, storiesProto, type Part } from './support/stories.js';
import { eventually } from '../../../testing/eventually.js';

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

const ending = () =>
  concat(
    of({ text: 'once' }),
    defer(async () => ({ text: await gate.pass() })),
  );

@Controller()
class StoriesController implements OnModuleDestroy {
  @GrpcMethod('Stories', 'Title')
  async title(): Promise<Part> {
    return { text: await gate.pass() };
  }

  @GrpcMethod('Stories', 'Tell')
  tell(): Observable<Part> {
    return ending();
  }

  @Sse('sse')
  @DrainableStream()
  sse(): Observable<MessageEvent> {
    return defer(async () => ({ data: await gate.pass() })).pipe(startWith({ data: 'once' }));
  }

  onModuleDestroy(): void {
    log.push('destroyed');
  }
}

@Controller()
@DrainableStream({ kind: 'subscription' })
class NewsController {
  @GrpcMethod('News', 'Latest')
  async latest(): Promise<Part> {
    return { text: await gate.pass() };
  }

  @GrpcMethod('News', 'Follow')
  follow(): Observable<Part> {
    return NEVER.pipe(startWith({ text: 'first' }));
  }
}

const parts = { imports: [DrainGrpcModule], controllers: [StoriesController, NewsController] };

const grpc = (url: string) => ({
  transport: Transport.GRPC as const,
  options: { url, package: 'stories', protoPath: storiesProto },
});

async function start(options: DrainOptions = {}, clock?: ManualClock) {
  const url = `127.0.0.1:${await freePort()}`;
  const { module, drain } = await drainedModule(parts, options, clock);
  const application = module.createNestMicroservice({ ...grpc(url), logger: false });
  await application.listen();
  cleanups.push(() => closeApplication(application, clock));
  return { url, drain, application };
}

function client(service: 'Stories' | 'News' | 'Health', url: string): GrpcClient {
  const made = new GrpcClient(service, url);
  cleanups.push(() => made.close());
  return made;
}

async function untilDraining(drain: Drain) {
  const changed = nextEvent(drain, 'phaseChanged');
  const report = drain.start('test');
  await changed;
  return report;
}

describe('a gRPC call that runs when the drain starts', () => {
  test('is finished: unary', async () => {
    const { url, drain } = await start();
    const answer = client('Stories', url).call('Title');
    await gate.reached;
    expect(drain.streams.size).toBe(1);
    const report = drain.start('test');
    gate.open('done');
    expect(await answer).toEqual({ text: 'done' });
    expect(await report).toMatchObject({ activeBefore: 1, completed: 1, cut: 0 });
  });

  test('is finished: server streaming, with the status OK', async () => {
    const { url, drain } = await start();
    const answer = answerOf(client('Stories', url).stream<Part>('Tell'));
    await gate.reached;
    const report = drain.start('test');
    gate.open('done');
    const { messages, status: end } = await answer;
    expect(messages.map(({ text }) => text)).toEqual(['once', 'done']);
    expect(end.code).toBe(status.OK);
    expect(await report).toMatchObject({ completed: 1, cut: 0 });
  });

  test('is finished before close() shuts the server and destroys a module', async () => {
    const { url, drain, application } = await start();
    const answer = client('Stories', url).call('Title');
    await gate.reached;
    const draining = nextEvent(drain, 'started');
    const closed = application.close();
    await draining;
    expect(log).toEqual([]);
    gate.open('done');
    expect(await answer).toEqual({ text: 'done' });
    await closed;
    expect(log).toEqual(['destroyed']);
  });

  test('is ended at the deadline with UNAVAILABLE and details, after what it had sent', async () => {
    const clock = new ManualClock();
    const { url, drain } = await start({ timeout: 5 }, clock);
    const stories = client('Stories', url);
    const streamed = answerOf(stories.stream<Part>('Tell'));
    const unary = stories.call('Title').catch((error: ServiceError) => error);
    await eventually(() => expect(drain.streams.size).toBe(2));
    await gate.reached;
    const report = drain.start('test');
    await clock.advanceAsync(5_000);
    const { messages, status: end } = await streamed;
    expect(messages).toEqual([{ text: 'once' }]);
    for (const one of [end, (await unary) as ServiceError]) {
      expect(one.code).toBe(status.UNAVAILABLE);
      expect(one.details).toMatch(/incomplete/);
      expect(one.metadata.get('grpc-retry-pushback-ms')).toEqual([]);
    }
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 2, cut: 0 });
  });

  test('is counted as abandoned when its client leaves', async () => {
    const { url, drain } = await start();
    const stream = client('Stories', url).stream('Tell');
    stream.on('error', () => undefined);
    await gate.reached;
    const released = nextEvent(drain, 'released');
    stream.cancel();
    await released;
    expect(drain.streams.counts()).toMatchObject({ completed: 0, abandoned: 1 });
  });
});

test('a subscription is told at once, with a pushback, and a unary call beside it is finished', async () => {
  const { url, drain } = await start({ retryAfter: 3 });
  const news = client('News', url);
  const followed = answerOf(news.stream<Part>('Follow'));
  const latest = news.call('Latest');
  await gate.reached;
  await eventually(() => expect(drain.streams.sizeOf('subscription')).toBe(1));
  const report = drain.start('test');
  const { messages, status: end } = await followed;
  expect(messages).toEqual([{ text: 'first' }]);
  expect(end.code).toBe(status.UNAVAILABLE);
  expect(end.metadata.get('grpc-retry-pushback-ms')).toEqual(['3000']);
  gate.open('done');
  expect(await latest).toEqual({ text: 'done' });
  expect(await report).toMatchObject({ reconnect: 1, completed: 1 });
});

test('a new call while draining is refused before its handler, with UNAVAILABLE and a pushback', async () => {
  const { url, drain } = await start({ retryAfter: 2 });
  const running = client('Stories', url).call('Title');
  await gate.reached;
  const report = untilDraining(drain);
  const refused = (await client('Stories', url)
    .call('Title')
    .catch((error: unknown) => error)) as ServiceError;
  expect(refused.code).toBe(status.UNAVAILABLE);
  expect(refused.details).toMatch(/another replica/);
  expect(refused.metadata.get('grpc-retry-pushback-ms')).toEqual(['2000']);
  gate.open('done');
  await running;
  expect(await report).toMatchObject({ completed: 1, refused: 1 });
});

describe('the health service', () => {
  const serving = { status: 'SERVING' };
  const notServing = { status: 'NOT_SERVING' };

  test('answers NOT_SERVING from the first moment, for the server and for each service', async () => {
    const { url, drain } = await start({ propagationDelay: 60 }, new ManualClock());
    const health = client('Health', url);
    for (const service of ['', 'stories.Stories', 'stories.News', 'liveness'])
      expect(await health.call('Check', { service })).toEqual(serving);
    void drain.start('test');
    for (const service of ['', 'stories.Stories', 'stories.News'])
      expect(await health.call('Check', { service })).toEqual(notServing);
    expect(await health.call('Check', { service: 'liveness' })).toEqual(serving);
    drain.reset();
    expect(await health.call('Check')).toEqual(serving);
  });

  test('tells its watchers, is answered while draining, and counts as no work', async () => {
    const { url, drain, application } = await start();
    const answer = client('Stories', url).call('Title');
    await gate.reached;
    const health = client('Health', url);
    const watching = health.stream('Watch');
    const watched = answerOf(watching);
    await once(watching, 'data');
    expect(drain.streams.size).toBe(1);
    const closed = application.close();
    await once(watching, 'data');
    expect(await client('Health', url).call('Check')).toEqual(notServing);
    gate.open('done');
    await answer;
    await closed;
    const { messages, status: end } = await watched;
    expect(messages).toEqual([serving, notServing]);
    expect(end.code).toBe(status.UNAVAILABLE);
  });
});

test('a client is told to open its next connection elsewhere when the drain closes', async () => {
  const { url, drain } = await start();
  const socket = connect(Number(url.split(':')[1]), '127.0.0.1');
  cleanups.push(() => socket.destroy());
  // The HTTP/2 preface and an empty SETTINGS frame.
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
  await once(socket, 'data');
  const ended = once(socket.resume(), 'end');
  const answer = client('Stories', url).call('Title');
  await gate.reached;
  void drain.start('test');
  await ended;
  gate.open('done');
  await answer;
});

test('a connection that never says anything holds the shutdown no longer than flushTimeout', async () => {
  const clock = new ManualClock();
  const { url, application } = await start({ flushTimeout: 1 }, clock);
  const socket = connect(Number(url.split(':')[1]), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const gone = once(socket.resume(), 'close');
  const closed = application.close();
  await clock.advanceAsync(1_000);
  await gone;
  await closed;
});

test('HTTP and gRPC of one process drain together: one deadline, one report', async () => {
  const url = `127.0.0.1:${await freePort()}`;
  const { module, drain } = await drainedModule(parts);
  const application = module.createNestApplication({ logger: false });
  application.connectMicroservice(grpc(url));
  await application.startAllMicroservices();
  await application.listen(0, '127.0.0.1');
  const called = client('Stories', url).call('Title');
  const streamed = fetch(`${await application.getUrl()}/sse`).then((response) => response.text());
  await eventually(() => expect(drain.streams.size).toBe(2));
  const draining = nextEvent(drain, 'started');
  const report = drain.start('first');
  const closed = application.close();
  await draining.catch(() => undefined);
  gate.open('done');
  expect(await called).toEqual({ text: 'done' });
  expect(await streamed).toContain('data: done');
  await closed;
  expect(await report).toMatchObject({ trigger: 'first', activeBefore: 2, completed: 2 });
  expect(log).toEqual(['destroyed']);
});

test('a process on SIGTERM finishes its gRPC stream and exits with 0', async () => {
  const url = `127.0.0.1:${await freePort()}`;
  const fixture = await startFixture('grpc', { GRPC_URL: url, PROTO: storiesProto });
  cleanups.push(() => fixture.stop());
  await fixture.printed('listening');
  const stream = client('Stories', url).stream<Part>('Tell');
  const answer = answerOf(stream);
  await once(stream, 'data');
  fixture.process.kill('SIGTERM');
  const { messages, status: end } = await answer;
  expect(messages.at(-1)).toEqual({ text: 'the end' });
  expect(end.code).toBe(status.OK);
  expect(await fixture.exited).toEqual({ code: 0, signal: null });
});
