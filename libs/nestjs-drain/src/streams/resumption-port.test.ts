import {
  Controller,
  Get,
  HttpException,
  Module,
  Sse,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Observable } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { ContinuedElsewhereError, type Portion, type Resumption } from '../core/resumption.js';
import { RESUMPTION } from '../core/tokens.js';
import { DrainableStream } from '../index.js';

class PassesOn implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

let answer: () => Promise<AsyncIterable<Portion>>;
let locate: () => Promise<undefined>;
const resumption: Resumption = {
  handOffTime: undefined,
  isOnlyHere: () => false,
  locate: () => locate(),
  answer: () => answer(),
};

@Module({
  providers: [
    { provide: RESUMPTION, useValue: resumption },
    { provide: APP_INTERCEPTOR, useClass: PassesOn },
  ],
  exports: [RESUMPTION],
})
class PortModule {}

@Controller()
class LoggedController {
  @Sse('logged')
  @DrainableStream({ resumable: true })
  logged(): Observable<MessageEvent> {
    throw new Error('the port runs it, or nothing does');
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }
}

const portion = (event: { id?: string; data: string }): Portion => ({
  events: [event],
  characters: event.data.length,
});

/** Nest sends the headers of an intercepted route in the next macrotask; this is long after. */
const later = () => new Promise((resolve) => setTimeout(resolve, 30));

describe.each(adapters)(
  'the port of resumption behind a global interceptor, on %s',
  (adapter: Adapter) => {
    let running: RunningApplication;
    const start = async () => {
      locate = () => Promise.resolve(undefined);
      running = await startApplication(adapter, {
        imports: [PortModule],
        controllers: [LoggedController],
      });
    };
    afterEach(() => running.close());

    test('a refusal that takes its time keeps its status and body', async () => {
      await start();
      answer = async () => {
        await later();
        throw new HttpException({ reason: 'tooMany' }, 429);
      };
      const refused = await fetch(`${running.url}/logged`);
      expect(refused.status).toBe(429);
      expect(await refused.json()).toEqual({ reason: 'tooMany' });
      expect(await (await fetch(`${running.url}/plain`)).text()).toBe('plain');
      expect(running.drain.streams.size).toBe(0);
    });

    test('law 4: a stream that another replica goes on with is released with its answer', async () => {
      await start();
      locate = () => Promise.reject(new ContinuedElsewhereError());
      for (const accept of ['text/event-stream', '*/*']) {
        const elsewhere = await fetch(`${running.url}/logged`, { headers: { accept } });
        await elsewhere.text();
        expect(elsewhere.headers.get('retry-after')).toBe(accept === '*/*' ? '1' : null);
        await later();
        expect(running.drain.streams.size).toBe(0);
      }
    });

    test('an answer that takes its time is the event stream it would have been', async () => {
      await start();
      answer = async () => {
        await later();
        return (async function* () {
          yield await Promise.resolve(portion({ id: 'a', data: 'one' }));
        })();
      };
      const told = await fetch(`${running.url}/logged`);
      expect(told.status).toBe(200);
      expect(told.headers.get('content-type')).toContain('text/event-stream');
      expect((await told.text()).trim()).toBe('id: a\ndata: one');
    });

    test('an answer that is held when the shutdown begins says `Connection: close`', async () => {
      await start();
      let resolve = (): void => undefined;
      const opened = new Promise<void>((done) => (resolve = done));
      let asked = (): void => undefined;
      const begun = new Promise<void>((done) => (asked = done));
      answer = async () => {
        asked();
        await opened;
        return (async function* () {
          yield await Promise.resolve(portion({ data: 'one' }));
        })();
      };
      const answering = fetch(`${running.url}/logged`);
      await begun;
      await later();
      void running.drain.start('test');
      resolve();
      const answered = await answering;
      expect(answered.headers.get('connection')).toBe('close');
      expect((await answered.text()).trim()).toContain('data: one');
    });

    test('events are asked for as fast as the client takes them, also from a source that has all', async () => {
      await start();
      let asked = 0;
      answer = () =>
        Promise.resolve(
          (async function* () {
            for (; asked < 400; asked += 1) {
              yield await Promise.resolve(portion({ data: 'x'.repeat(100_000) }));
            }
          })(),
        );
      const slow = await fetch(`${running.url}/logged`);
      for (let before = -1; before !== asked;) {
        before = asked;
        await later();
      }
      // The rest waits at its source; Nest would have dropped the client 4 MiB behind.
      expect(asked).toBeLessThan(400);
      expect(running.drain.streams.size).toBe(1);
      expect((await slow.text()).match(/^data: /gm)).toHaveLength(400);
    });
  },
);
