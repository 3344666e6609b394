import {
  Controller,
  Logger,
  RequestMethod,
  Sse,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { from, type Observable } from 'rxjs';
import {
  adapters,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';
import { DrainResumeModule } from './index.js';

let runs: string[] = [];

const keyed = { key: ({ query }: { query: { chat?: string } }) => query.chat ?? '' };

@Controller()
class WordsController {
  @Sse('generated')
  @DrainableStream({ resumable: true })
  async *generated(): AsyncGenerator<MessageEvent> {
    runs.push('generated');
    yield await Promise.resolve({ data: 'one' });
  }

  @Sse('observed')
  @DrainableStream({ resumable: true })
  observed(): Observable<MessageEvent> {
    runs.push('observed');
    return from([{ data: 'one' }]);
  }

  @Sse('keyed', { method: RequestMethod.ALL })
  @DrainableStream({ resumable: keyed })
  async *keyed(): AsyncGenerator<MessageEvent> {
    runs.push('keyed');
    yield { data: 'one' };
    await new Promise(() => undefined);
  }
}

class PassesOn implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

const interceptors = [[], [{ provide: APP_INTERCEPTOR, useClass: PassesOn }]];
const cases = adapters.flatMap((adapter) =>
  interceptors.map((providers) => ({ adapter, providers })),
);

describe.each(cases)(
  'a HEAD of a resumable route, $adapter, $providers',
  ({ adapter, providers }) => {
    let running: RunningApplication;
    const store = new MemoryResumeStore();
    const create = jest.spyOn(store, 'create');
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);

    const start = async () => {
      runs = [];
      create.mockClear();
      error.mockClear();
      const imports = [DrainResumeModule.forRoot({ store })];
      const parts = { imports, controllers: [WordsController], providers: providers as never };
      running = await startApplication(adapter, parts);
    };
    const head = (path: string, headers = {}) =>
      fetch(`${running.url}/${path}`, { method: 'HEAD', headers });
    const shown = ({ status, headers }: Response) =>
      [status, ...['content-type', 'cache-control'].map((name) => headers.get(name))] as const;

    afterEach(() => running.close());

    test.each(['generated', 'observed'])(
      'has the head of a GET, and begins nothing: %s',
      async (path) => {
        await start();
        const asked = await head(path);
        expect(await asked.text()).toBe('');
        expect([runs, create.mock.calls, error.mock.calls]).toEqual([[], [], []]);
        expect(running.drain.streams.size).toBe(0);
        const got = await fetch(`${running.url}/${path}`);
        expect(await got.text()).toContain('data: one');
        expect(shown(asked)).toEqual(shown(got));
        expect(asked.status).toBe(200);
      },
    );

    test('says of a stream that is asked for what a GET would say', async () => {
      await start();
      const got = await fetch(`${running.url}/generated`);
      const place = got.headers.get('content-location')!;
      const text = await got.text();
      expect((await head(`generated${place}`)).status).toBe(200);
      const lastId = [...text.matchAll(/^id: (.*)$/gm)].at(-1)![1]!;
      expect((await head('generated', { 'last-event-id': lastId })).status).toBe(204);
      expect((await head('generated', { 'last-event-id': 'unknown:3' })).status).toBe(404);
      expect(runs).toEqual(['generated']);
    });

    test('joins the stream of a key, as a GET does', async () => {
      await start();
      expect((await head('keyed?chat=a')).status).toBe(204);
      const leaving = new AbortController();
      const init = { method: 'POST', signal: leaving.signal };
      const reader = (await fetch(`${running.url}/keyed?chat=a`, init)).body!.getReader();
      await reader.read();
      expect((await head('keyed?chat=a')).status).toBe(200);
      expect((await head('keyed')).status).toBe(400);
      expect(runs).toEqual(['keyed']);
      leaving.abort();
    });

    test('is refused while the replica drains', async () => {
      await start();
      void running.drain.start('test');
      expect((await head('generated')).status).toBe(503);
    });
  },
);
