import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { ReadableStream, TextEncoderStream } from 'node:stream/web';
import {
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  RequestMethod,
  Res,
  Sse,
  StreamableFile,
  type MessageEvent,
} from '@nestjs/common';
import { EMPTY, Observable, Subject } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { StreamAbortedError } from '../core/stream.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream, DrainSignal, type GracefulShutdownOptions } from '../index.js';
import { labelled } from '../../../../testing/labelled.js';
import { lastEventIdBehind } from '../../../../testing/last-event-id.js';

/** What the running test controls from outside. */
let source: Subject<MessageEvent>;
let signals: AbortSignal[];
let pending: {
  resolve: (events: Observable<MessageEvent>) => void;
  reject: (error: unknown) => void;
};

@Controller()
class StreamController {
  @Sse('answer', { method: RequestMethod.POST })
  @HttpCode(200)
  @DrainableStream()
  answer(@DrainSignal() signal: AbortSignal): Observable<MessageEvent> {
    signals.push(signal);
    return source;
  }

  @Sse('own-words')
  @DrainableStream({ farewell: () => ({ type: 'bye', data: { text: 'so far' } }) })
  ownWords(): Observable<MessageEvent> {
    return source;
  }

  @Sse('many-words')
  @DrainableStream({ farewell: () => ({ type: 'bye', data: 'x'.repeat(1_000_000) }) })
  manyWords(): Observable<MessageEvent> {
    return source;
  }

  @Sse('by-handler')
  @DrainableStream({ farewell: 'handler' })
  byHandler(@DrainSignal() signal: AbortSignal): Observable<MessageEvent> {
    return new Observable((observer) => {
      observer.next({ data: 'begun' });
      signal.addEventListener('abort', () => {
        observer.next({ data: 'my own last words' });
        observer.complete();
      });
    });
  }

  @Sse('feed')
  @DrainableStream({ kind: 'subscription' })
  feed(): Observable<MessageEvent> {
    return source;
  }

  @Sse('late/:id')
  @DrainableStream()
  late(@Param('id', ParseIntPipe) _id: number): Promise<Observable<MessageEvent>> {
    return new Promise((resolve, reject) => (pending = { resolve, reject }));
  }

  @DrainableStream()
  @Get('decorated-above')
  @HttpCode(202)
  @Header('X-Kind', 'plain')
  plain(@Headers('x-echo') echo: string): { echo: string } {
    return { echo };
  }

  @Get('chunks')
  @DrainableStream({ farewell: 'and no more\n' })
  chunks(): AsyncGenerator<string> {
    return eachLine(source);
  }

  @Get('chunks-without-farewell')
  @DrainableStream()
  chunksWithoutFarewell(): AsyncGenerator<string> {
    return eachLine(source);
  }

  @Get('file')
  @DrainableStream({ farewell: 'end of file\n' })
  file(): StreamableFile {
    return new StreamableFile(Readable.from(eachLine(source), { objectMode: false }));
  }

  @Get('response')
  @DrainableStream({ farewell: 'no more\n' })
  response(): Response {
    const body = ReadableStream.from(eachLine(source)).pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { 'x-kind': 'web' } });
  }

  @Get('written')
  @DrainableStream({ farewell: 'handler' })
  written(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    const response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('begun\n');
    signal.addEventListener('abort', () => response.end('ended by the handler\n'));
  }

  @Get('written-feed')
  @DrainableStream({ kind: 'subscription' })
  writtenFeed(@Res() _response: unknown): void {
    throw new Error('not reached while draining');
  }
}

@Controller('whole')
@DrainableStream({ kind: 'subscription' })
class WholeController {
  @Sse('one')
  one(): Observable<MessageEvent> {
    return source;
  }

  @Post('two')
  @DrainableStream({ kind: 'finite' })
  two(): string {
    return 'two';
  }
}

async function* eachLine(events: Observable<MessageEvent>): AsyncGenerator<string> {
  const queue: string[] = [];
  let wake = (): void => undefined;
  let done = false;
  const subscription = events.subscribe({
    next: (event) => {
      queue.push(`${event.data as string}\n`);
      wake();
    },
    complete: () => {
      done = true;
      wake();
    },
  });
  try {
    for (;;) {
      for (let line = queue.shift(); line !== undefined; line = queue.shift()) yield line;
      if (done) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    subscription.unsubscribe();
  }
}

describe.each(adapters)('@DrainableStream() on %s', (adapter: Adapter) => {
  let running: RunningApplication;

  const start = async (options: GracefulShutdownOptions = {}): Promise<void> => {
    source = new Subject();
    signals = [];
    running = await startApplication(adapter, {
      controllers: [StreamController, WholeController],
      options: { timeout: 10, ...options },
    });
  };

  const open = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${running.url}/${path}`, init);

  const openAnswer = (): Promise<Response> => open('answer', { method: 'POST' });

  afterEach(async () => {
    source.complete();
    await running.close();
  });

  test('a stream is counted from its admission until its response is closed', async () => {
    await start();
    const response = await openAnswer();
    expect(running.drain.streams.size).toBe(1);
    expect(running.drain.requests.size).toBe(0);
    const released = nextEvent(running.drain, 'released');
    source.next({ data: 'one' });
    source.complete();
    expect(await response.text()).toContain('data: one');
    await released;
    expect(running.drain.streams.size).toBe(0);
    expect(running.drain.streams.counts()).toMatchObject({ completed: 1, abandoned: 0 });
  });

  test('an admitted stream runs to its own end while new ones get 503, Retry-After and close', async () => {
    await start({ retryAfter: 7 });
    const response = await openAnswer();
    const report = running.drain.start('test');
    const refused = await openAnswer();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(refused.headers.get('connection')).toBe('close');
    expect(await refused.json()).toMatchObject({ status: 503, reason: 'draining', retryAfter: 7 });
    source.next({ data: 'the end' });
    source.complete();
    const body = await response.text();
    expect(body).toContain('data: the end');
    expect(body).not.toContain('event: shutdown');
    await running.settle();
    expect(await report).toMatchObject({
      outcome: 'completed',
      activeBefore: 1,
      completed: 1,
      refused: 1,
    });
  });

  test('at the deadline a finite stream gets its farewell and a clean end', async () => {
    await start();
    const response = await openAnswer();
    source.next({ data: 'so far', id: 'mine' });
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    const body = await response.text();
    expect(body).toMatch(/event: shutdown\ndata: .*shutting_down/);
    expect(lastEventIdBehind(body)).toBe('mine');
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 1, cut: 0 });
  });

  test('the farewell does not overwrite the last event id the client has', async () => {
    await start();
    const response = await open('answer', {
      method: 'POST',
      headers: { 'Last-Event-ID': 'from before' },
    });
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect(lastEventIdBehind(await response.text(), 'from before')).toBe('from before');
  });

  test('the farewell keeps the number that Nest gave to the last event', async () => {
    await start();
    const response = await openAnswer();
    for (const data of ['one', 'two']) source.next({ data });
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect(lastEventIdBehind(await response.text())).toBe('2');
  });

  test('a route says its own farewell', async () => {
    await start();
    const response = await open('own-words');
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect(await response.text()).toContain('event: bye\ndata: {"text":"so far"}');
  });

  test('a farewell that no buffer holds leaves whole, also to a reader that lags', async () => {
    await start();
    const response = await open('many-words');
    source.next({ data: 'y'.repeat(1_000_000) });
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    await new Promise(setImmediate);
    const body = await response.text();
    expect(body).toMatch(/data: y{1000000}\n\nevent: bye\ndata: x{1000000}\n\n$/);
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('the module says the farewell of routes that have none', async () => {
    await start({ farewell: { type: 'gone', data: 'x' } });
    const response = await openAnswer();
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect(await response.text()).toContain('event: gone');
  });

  test('a handler that says its own farewell is not interrupted', async () => {
    await start();
    const response = await open('by-handler');
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    const body = await response.text();
    expect(body).toContain('my own last words');
    expect(body).not.toContain('event: shutdown');
    expect(await report).toMatchObject({ cancelled: 1 });
  });

  test('a subscription is told to reconnect as soon as draining starts, without an event', async () => {
    await start({ retryAfter: 3 });
    const response = await open('feed');
    source.next({ data: 'news', id: '41' });
    const report = running.drain.start('test');
    const body = await response.text();
    expect(body.endsWith('\n\nretry: 3000\n\n')).toBe(true);
    expect(lastEventIdBehind(body)).toBe('41');
    await running.settle();
    expect(await report).toMatchObject({ outcome: 'completed', reconnect: 1 });
  });

  test('an EventSource that comes while draining is told 200, retry, end; others get 503', async () => {
    await start();
    void running.drain.start('test');
    const eventSource = { headers: { Accept: 'text/event-stream', 'Last-Event-ID': '9' } };
    for (const path of ['feed', 'written-feed', 'whole/one']) {
      const told = await open(path, eventSource);
      labelled(path, () => expect(told.status).toBe(200));
      labelled(path, () => expect(told.headers.get('content-type')).toContain('text/event-stream'));
      const body = await told.text();
      labelled(path, () => expect(body).toContain('retry: 1000\n'));
      labelled(path, () => expect(body).not.toContain('data:'));
      labelled(path, () => expect(lastEventIdBehind(body, '9')).toBe('9'));
    }
    expect((await open('feed')).status).toBe(503);
    expect(running.drain.streams.size).toBe(0);
  });

  test('during lame duck new streams are admitted and counted', async () => {
    await start({ propagationDelay: 5 });
    const report = running.drain.start('test');
    const response = await openAnswer();
    expect(response.status).toBe(200);
    // Nest's @Sse() insists on keep-alive; the dying pod knows better.
    expect(response.headers.get('connection')).toBe('close');
    running.clock.advance(5_000);
    expect((await openAnswer()).status).toBe(503);
    source.complete();
    await response.text();
    expect(await report).toMatchObject({ activeBefore: 0, admitted: 1, completed: 1, refused: 1 });
  });

  test('a late exception of an async handler keeps its status (law 9)', async () => {
    await start();
    const answered = open('late/1');
    await nextEvent(running.drain, 'admitted');
    // Long after the turn in which Nest would have sent the headers of an intercepted route.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
    pending.reject(new NotFoundException('no such answer'));
    const response = await answered;
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: 'no such answer' });
  });

  test('an async handler that has not answered by the deadline ends as an honest 503', async () => {
    await start();
    const answered = open('late/1');
    await nextEvent(running.drain, 'admitted');
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    const response = await answered;
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
    pending.resolve(EMPTY);
  });

  test('pipes, status, headers and body are those of the bare route (law 9)', async () => {
    await start();
    expect((await open('late/not-a-number')).status).toBe(400);
    const plain = await open('decorated-above', { headers: { 'X-Echo': 'hello' } });
    expect(plain.status).toBe(202);
    expect(plain.headers.get('x-kind')).toBe('plain');
    expect(await plain.json()).toEqual({ echo: 'hello' });
  });

  test.each([
    ['chunks', 'and no more\n'],
    ['file', 'end of file\n'],
    ['response', 'no more\n'],
  ])('a byte stream ends with its farewell as the last chunk: %s', async (path, farewell) => {
    await start();
    const opening = open(path);
    await nextEvent(running.drain, 'admitted');
    while (!source.observed) await new Promise(setImmediate);
    source.next({ data: 'a line' });
    const response = await opening;
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    expect(await response.text()).toBe(`a line\n${farewell}`);
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('a byte stream without a farewell is cut, and the report says so (law 5)', async () => {
    await start();
    const opening = open('chunks-without-farewell');
    await nextEvent(running.drain, 'admitted');
    while (!source.observed) await new Promise(setImmediate);
    source.next({ data: 'a line' });
    const response = await opening;
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    await expect(response.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
  });

  test('a handler that writes to the response ends it on its signal', async () => {
    await start();
    const response = await open('written');
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    expect(await response.text()).toBe('begun\nended by the handler\n');
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('the signal aborts with the reason: the deadline, or the client that left', async () => {
    await start();
    const leaving = new AbortController();
    await open('answer', { method: 'POST', signal: leaving.signal });
    await openAnswer();
    const [left, ended] = signals as [AbortSignal, AbortSignal];
    leaving.abort();
    await once(left, 'abort');
    expect(left.reason).toBeInstanceOf(StreamAbortedError);
    expect(left.reason).toMatchObject({ cause: 'disconnect' });
    void running.drain.start('test');
    running.clock.advance(10_000);
    expect(ended.reason).toMatchObject({ cause: 'deadline' });
    expect(running.drain.streams.counts()).toMatchObject({ abandoned: 1 });
  });

  test('a method may differ from its decorated controller, and is admitted once', async () => {
    await start();
    const [, two] = [await open('whole/one'), await open('whole/two', { method: 'POST' })];
    expect(await two.text()).toBe('two');
    expect(running.drain.streams.counts().admitted).toBe(2);
    const report = running.drain.start('test');
    expect((await open('whole/two', { method: 'POST' })).status).toBe(503);
    await running.settle();
    expect(await report).toMatchObject({ reconnect: 1 });
  });

  test('HEAD is answered like the bare route and holds nothing', async () => {
    await start();
    const head = await open('decorated-above', { method: 'HEAD' });
    expect(head.status).toBe(202);
    await running.drain.start('test');
    expect((await open('decorated-above', { method: 'HEAD' })).status).toBe(503);
  });
});

test('called directly, a decorated handler is the handler', () => {
  const controller = new StreamController();
  expect(controller.plain('hello')).toEqual({ echo: 'hello' });
  source = new Subject();
  signals = [];
  expect(controller.answer(new AbortController().signal)).toBe(source);
});
