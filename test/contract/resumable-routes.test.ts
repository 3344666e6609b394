import {
  Body,
  Controller,
  Logger,
  Module,
  Query,
  RequestMethod,
  Sse,
  type INestApplication,
  type MessageEvent,
  type PipeTransform,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { DrainableStream, GracefulShutdownModule, ShutdownService } from 'nestjs-drain';
import { DrainResumeModule, StreamCursor, type ResumeCursor } from 'nestjs-drain/resume';
import { resumingFetch } from 'nestjs-drain-client';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { NEVER, type Observable } from 'rxjs';

let isRun = false;

let waiting: Promise<void>;
let isWaiting = (): void => undefined;

class WaitingPipe implements PipeTransform {
  transform(): Promise<void> {
    isWaiting();
    return waiting;
  }
}

@Controller()
class AnswersController {
  @Sse('words')
  @DrainableStream({ resumable: true })
  async *words(@StreamCursor() { next }: ResumeCursor): AsyncGenerator<MessageEvent> {
    isRun = true;
    for (let n = next; n < 3; n++) yield await Promise.resolve({ data: `word${n + 1}` });
  }

  @Sse('news')
  @DrainableStream({ kind: 'subscription' })
  news(): Observable<MessageEvent> {
    return NEVER;
  }

  @Sse('late')
  @DrainableStream()
  late(@Query('q', WaitingPipe) _q: string): Observable<MessageEvent> {
    return NEVER;
  }

  @Sse('answers', { method: RequestMethod.ALL })
  @DrainableStream({ resumable: true })
  async *answers(
    @Body() { question }: { question: string },
    @StreamCursor() { next }: ResumeCursor,
  ): AsyncGenerator<MessageEvent> {
    for (let n = next; n < 3; n++) yield await Promise.resolve({ data: `${question} ${n}` });
  }
}

@Module({
  imports: [
    GracefulShutdownModule.forRoot({ signals: false, timeout: 0.2 }),
    DrainResumeModule.forRoot({ store: new MemoryResumeStore() }),
  ],
  controllers: [AnswersController],
})
class AppModule {}

describe.each(['express', 'fastify'])('resumable routes of async generators on %s', (adapter) => {
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  let application: INestApplication;

  const start = async () => {
    error.mockClear();
    application =
      adapter === 'express'
        ? await NestFactory.create(AppModule, { logger: false })
        : await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
    await application.listen(0, '127.0.0.1');
    return application.getUrl();
  };
  afterEach(() => application.close());

  test('HEAD: the head of a GET, without the handler', async () => {
    const url = await start();
    isRun = false;
    const head = await fetch(`${url}/words`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect([isRun, error.mock.calls]).toEqual([false, []]);
    expect((await (await fetch(`${url}/words`)).text()).match(/word\d/g)).toHaveLength(3);
  });

  test('an EventSource is sent elsewhere while the replica drains', async () => {
    const url = await start();
    void application.get(ShutdownService).drain();
    const headers = { Accept: 'text/event-stream' };
    for (const path of ['words', 'news']) {
      const told = await fetch(`${url}/${path}`, { headers });
      expect([told.status, told.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      expect(await told.text()).toContain('retry: 1000');
    }
  });

  test('a stream whose deadline comes before its handler gets its farewell', async () => {
    const url = await start();
    let go = (): void => undefined;
    waiting = new Promise((resolve) => (go = resolve));
    const begun = new Promise<void>((resolve) => (isWaiting = resolve));
    const asked = fetch(`${url}/late?q=1`);
    await begun;
    void application.get(ShutdownService).drain();
    await new Promise((resolve) => setTimeout(resolve, 400));
    go();
    const told = await asked;
    expect([told.status, told.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await told.text()).toContain('event: shutdown');
  });

  test('a POST on a route of every method is read to its end, though each connection breaks', async () => {
    const url = await start();
    const methods: (string | undefined)[] = [];
    const send: typeof fetch = async (input, init) => {
      methods.push(init?.method);
      const response = await fetch(input, init);
      return response.status === 200 ? brokenOff(response) : response;
    };
    const init = {
      method: 'POST',
      body: JSON.stringify({ question: 'why' }),
      headers: { 'Content-Type': 'application/json' },
    };
    const events: string[] = [];
    for await (const { data } of resumingFetch(`${url}/answers`, init, { fetch: send })) {
      events.push(data);
    }
    expect(events).toEqual(['why 0', 'why 1', 'why 2']);
    expect(methods[0]).toBe('POST');
    expect(new Set(methods.slice(1))).toEqual(new Set(['GET']));
  });
});

/** The response, of which the client gets one event and then an error. */
async function brokenOff(response: Response): Promise<Response> {
  const text = await response.text();
  const end = text.indexOf('\n\n', text.indexOf('data:')) + 2;
  let isSent = false;
  const body = new ReadableStream({
    pull(controller) {
      if (isSent) controller.error(new TypeError('terminated'));
      else controller.enqueue(new TextEncoder().encode(text.slice(0, end)));
      isSent = true;
    },
  });
  const broken = new Response(body, { headers: response.headers });
  return Object.defineProperty(broken, 'url', { value: response.url });
}
