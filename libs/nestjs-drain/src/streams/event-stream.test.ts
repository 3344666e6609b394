import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import {
  type CallHandler,
  Controller,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
  Sse,
  UseInterceptors,
} from '@nestjs/common';
import { filter, map, merge, NEVER, of, repeat, Observable, Subject, Subscriber, tap } from 'rxjs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream } from '../index.js';
import { lastEventIdBehind } from '../../../../testing/last-event-id.js';
import { EventStream, formatEvent } from './event-stream.js';
import { type HttpStream, HttpTransport } from './http-stream.js';

/** Fresh for each stream: it is whole until an event has failed. */
let source: Subject<unknown>;

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const hostile: Record<string, () => unknown> = {
  'an id getter that throws': () => ({
    data: 'x',
    get id(): string {
      throw new Error('no id');
    },
  }),
  'an id that is no text': () => ({ data: 'x', id: Object.create(null) as object }),
  'a revoked proxy': revoked,
};

class Transform implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

class OnlyVisible implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(filter((event: MessageEvent) => event.data === 'visible'));
  }
}

class Numbered implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    let position = 40;
    return next
      .handle()
      .pipe(map((event: MessageEvent) => ({ ...event, id: `pos-${(position += 1)}` })));
  }
}

class Repeating implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(repeat(2));
  }
}

class Again implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(repeat());
  }
}

/** How `EndingItself` ends it. */
let endItself: (response: ServerResponse) => unknown;

/** Ends the response behind last bytes of its own. */
class EndingItself implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = rawOf(context.switchToHttp().getResponse<ServerResponse>());
    return next.handle().pipe(tap({ complete: () => endItself(response) }));
  }
}

const intercepted: [string, NestInterceptor, string][] = [
  ['transform', new Transform(), '1'],
  ['filter', new OnlyVisible(), '1'],
  ['number', new Numbered(), 'pos-41'],
  ['repeat', new Repeating(), '1'],
  ['again', new Again(), '1'],
];

const routes = intercepted.flatMap(([name, interceptor, id]) => {
  @Controller(name)
  @UseInterceptors(interceptor)
  class InterceptedController {
    @Sse('finite')
    @DrainableStream()
    finite(): Observable<MessageEvent> {
      return source as Observable<MessageEvent>;
    }

    @Sse('pending')
    @DrainableStream()
    pending(): Promise<Observable<MessageEvent>> {
      return new Promise(() => undefined);
    }

    @Sse('subscription')
    @DrainableStream({ kind: 'subscription' })
    subscription(): Observable<MessageEvent> {
      return source as Observable<MessageEvent>;
    }
  }
  return [{ name, id, controller: InterceptedController }];
});

/** What comes behind the handler's own events: some of the interceptor's, or the handler's once more. */
const goingOn = {
  live: (events: Observable<unknown>) => merge(events, NEVER),
  polling: (events: Observable<unknown>) => events.pipe(repeat({ delay: () => NEVER })),
};

@Controller()
class SnapshotController {
  @Sse('live')
  @DrainableStream({ kind: 'subscription' })
  @UseInterceptors({
    intercept: (_: ExecutionContext, next: CallHandler) => goingOn.live(next.handle()),
  })
  live(): Observable<MessageEvent> {
    return of({ data: 'snapshot' });
  }

  @Sse('polling')
  @DrainableStream({ kind: 'subscription' })
  @UseInterceptors({
    intercept: (_: ExecutionContext, next: CallHandler) => goingOn.polling(next.handle()),
  })
  polling(): Observable<MessageEvent> {
    return of({ data: 'snapshot' });
  }
}

@Controller()
class EventController {
  @Sse('bare')
  bare(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('finite')
  @DrainableStream()
  finite(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('late-farewell')
  @DrainableStream({ farewell: (() => Promise.resolve({ data: 'late' })) as never })
  lateFarewell(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('unwritable-farewell')
  @DrainableStream({ farewell: () => ({ data: { count: 1n } }) })
  unwritableFarewell(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('ended')
  @DrainableStream()
  @UseInterceptors(new EndingItself())
  ended(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }

  @Sse('bad-farewell')
  @DrainableStream({
    farewell: () => {
      throw new Error('no farewell');
    },
  })
  badFarewell(): Observable<MessageEvent> {
    return source as Observable<MessageEvent>;
  }
}

test('a subscription that its source ends leaves nothing with the client', () => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const transport = new HttpTransport('finite', 'handler', 5, request, response);
  const ending = new Observable((subscriber) => subscriber.unsubscribe());
  const events = EventStream.observe({ transport } as HttpStream, ending);
  const client = new Subscriber<unknown>();
  for (let time = 0; time < 3; time += 1) events.subscribe(client);
  expect((client as unknown as { _finalizers: unknown })._finalizers ?? []).toEqual([]);
  expect(transport.cancelSubject.isObserved).toBe(false);
});

test('an event is written with all its fields, as Nest writes them', () => {
  const event = { type: 'bye', id: '7', retry: 5, comment: 'so\nlong', data: { a: 1 } };
  expect(formatEvent(event)).toBe('event: bye\nid: 7\nretry: 5\n: so\n: long\ndata: {"a":1}\n\n');
  expect(formatEvent({ data: 'two\nlines' })).toBe('data: two\ndata: lines\n\n');
});

describe.each(adapters)('an event stream on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  const start = async (): Promise<void> => {
    source = new Subject();
    running = await startApplication(adapter, {
      controllers: [
        EventController,
        SnapshotController,
        ...routes.map(({ controller }) => controller),
      ],
      options: { timeout: 10, retryAfter: 3 },
    });
  };
  const expire = () => {
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    return report;
  };
  afterEach(() => running.close());

  test.each(Object.entries(hostile))(
    'law 9: %s ends a stream as it ends the bare route, and its source is stopped',
    async (_, event) => {
      await start();
      const bodies: string[] = [];
      for (const path of ['bare', 'finite']) {
        source = new Subject();
        const answer = await fetch(`${running.url}/${path}`);
        source.next(event());
        bodies.push(await answer.text());
        expect(source.observed).toBe(false);
      }
      expect(bodies[1]).toContain('event: error');
      expect(bodies[1]).toBe(bodies[0]);
    },
  );

  test.each([
    ['cannot be written', 'unwritable-farewell'],
    ['throws', 'bad-farewell'],
    ['returns a promise', 'late-farewell'],
  ])('law 5: a farewell function that %s leaves no clean end', async (_, path) => {
    await start();
    const lacking: boolean[] = [];
    running.drain.events.on('released', ({ stream }) => lacking.push(stream.lacksFarewell));
    const answer = await fetch(`${running.url}/${path}`);
    source.next({ data: 'one' });
    const report = expire();
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    expect(source.observed).toBe(false);
    expect(lacking).toEqual([true]);
  });

  test.each(routes)(
    'law 5: a handler that is still deciding at the deadline leaves no clean end without last words: $name',
    async ({ name }) => {
      await start();
      const answer = await fetch(`${running.url}/${name}/pending`);
      const report = expire();
      expect([answer.status, (await answer.text()).trimStart()]).toEqual([
        200,
        expect.stringMatching(/^event: shutdown\ndata: {"reason":.*}\n\n$/),
      ]);
      expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
    },
  );

  test('an end by the application keeps its encoding and its callback, before the last words', async () => {
    await start();
    const calledBack = jest.fn();
    const last = Buffer.from('data: last\n\n').toString('hex');
    endItself = (response) => response.end(last, 'hex', calledBack);
    const answer = await fetch(`${running.url}/ended`);
    source.next({ data: 'one' });
    void expire();
    expect(await answer.text()).toMatch(
      /data: one\n\ndata: last\n\nevent: shutdown\ndata: .*\n\n$/,
    );
    expect(calledBack).toHaveBeenCalledTimes(1);
  });

  test.each<[string, (response: ServerResponse, done: () => void) => unknown]>([
    ['in the end', (response, done) => response.end('data: ha', done)],
    ['in its encoding', (response, done) => response.end('ZGF0YTogaGE=', 'base64', done)],
    ['before the end', (response, done) => (response.write('data: ha'), response.end(done))],
    ['behind a line', (response, done) => (response.write('data: ha'), response.end('\n', done))],
    [
      'before an empty end',
      (response, done) => (response.write('data: ha'), response.end('', done)),
    ],
  ])('law 5: what the application ends within an event is cut: %s', async (_, end) => {
    await start();
    const calledBack = jest.fn();
    endItself = (response) => end(response, calledBack);
    const answer = await fetch(`${running.url}/ended`);
    source.next({ data: 'one' });
    const report = expire();
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    expect(calledBack).toHaveBeenCalledTimes(1);
  });

  test('an end with what is no chunk throws as it does without the decorator, and the farewell comes with the next', async () => {
    await start();
    const thrown = jest.fn();
    endItself = (response) => {
      try {
        response.end(123);
      } catch (error) {
        thrown((error as NodeJS.ErrnoException).code);
      }
    };
    const answer = await fetch(`${running.url}/ended`);
    source.next({ data: 'one' });
    void expire();
    expect(await answer.text()).toMatch(/data: one\n\nevent: shutdown\ndata: .*\n\n$/);
    expect(thrown.mock.calls).toEqual([['ERR_INVALID_ARG_TYPE']]);
  });

  test.each(routes)(
    "the application's interceptors do not change the last words: $name",
    async ({ name, id }) => {
      await start();
      const [finite, subscription] = await Promise.all(
        ['finite', 'subscription'].map((kind) => fetch(`${running.url}/${name}/${kind}`)),
      );
      source.next({ data: 'visible' });
      const report = expire();
      const told = await subscription?.text();
      expect(told).toMatch(/\n\nretry: 3000\n\n$/);
      const words = await finite?.text();
      expect(words).toMatch(/\n\nevent: shutdown\ndata: {"reason":.*}\n\n$/);
      expect([told, words].map((text) => lastEventIdBehind(text ?? ''))).toEqual([id, id]);
      const eventSource = { Accept: 'text/event-stream', 'Last-Event-ID': '9' };
      const refused = await fetch(`${running.url}/${name}/subscription`, { headers: eventSource });
      expect([refused.status, (await refused.text()).trimStart()]).toEqual([
        200,
        'id: 9\nretry: 3000\n\n',
      ]);
      expect(await report).toMatchObject({ cancelled: 1, reconnect: 1, cut: 0 });
    },
  );

  test.each(['visible', 'swallowed'])(
    'a client that came with an id goes on behind what it got since: %s',
    async (data) => {
      await start();
      const headers = { 'Last-Event-ID': '9' };
      const path = `${running.url}/filter`;
      const answers = await Promise.all(
        ['finite', 'subscription'].map((kind) => fetch(`${path}/${kind}`, { headers })),
      );
      source.next({ data });
      void expire();
      for (const answer of answers) {
        const id = lastEventIdBehind(await answer.text(), '9');
        expect(id).toBe(data === 'visible' ? '1' : '9');
      }
    },
  );

  test('an interceptor that subscribes many times leaves the client its place, and the stack its size', async () => {
    await start();
    const headers = { 'Last-Event-ID': '5' };
    const answer = await fetch(`${running.url}/again/finite`, { headers });
    source.next({ data: 'visible', id: '7' });
    for (let time = 0; time < 2000; time += 1) {
      const ended = source;
      source = new Subject();
      ended.complete();
      while (!source.observed) await new Promise(setImmediate);
    }
    void expire();
    expect(lastEventIdBehind(await answer.text(), '5')).toBe('7');
  });

  test.each(Object.keys(goingOn))(
    'a subscription is told to reconnect although its handler has completed and an interceptor goes on: %s',
    async (path) => {
      await start();
      const answer = await fetch(`${running.url}/${path}`);
      const report = running.drain.start('test');
      expect(await answer.text()).toMatch(/data: snapshot\n\nretry: 3000\n\n$/);
      await running.settle();
      expect(await report).toMatchObject({ reconnect: 1, cut: 0 });
    },
  );

  test('an interceptor that subscribes a second time gets no second farewell', async () => {
    await start();
    const answer = await fetch(`${running.url}/repeat/finite`);
    source.next({ data: 'visible' });
    void expire();
    expect((await answer.text()).match(/event: shutdown/g)).toHaveLength(1);
  });

  test('the farewell gives a Last-Event-ID back as the client sent it, in UTF-8', async () => {
    await start();
    const header = Buffer.from('é5').toString('latin1');
    const answer = await fetch(`${running.url}/finite`, { headers: { 'Last-Event-ID': header } });
    void expire();
    expect(lastEventIdBehind(await answer.text(), 'é5')).toBe('é5');
  });
});
