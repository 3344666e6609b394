import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  Res,
  StreamableFile,
  UseInterceptors,
  type MiddlewareConsumer,
  Module,
} from '@nestjs/common';
import { of } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream, DrainSignal, StreamAdmission } from '../index.js';

let response: ServerResponse;
let source: Readable;
/** Whether the response was destroyed when the signal of its handler aborted. */
let wasDestroyed: boolean | undefined;

/** An answer of lines, which a handler ends when its upstream does: on its signal. */
function writeLines(own: ServerResponse, signal: AbortSignal): void {
  own.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).write('1\n');
  wasDestroyed = undefined;
  signal.addEventListener('abort', () => {
    wasDestroyed = own.destroyed;
    own.end();
  });
}

/** Answers in the handler's place, with bytes that nothing else has seen. */
const ownFile = {
  intercept: () => {
    source = new Readable({ read: () => undefined });
    source.push('begun\n');
    return of(new StreamableFile(source));
  },
};

const sse = { 'Content-Type': 'text/event-stream' };

@Controller()
class WritingController {
  @Get('feed')
  @DrainableStream({ kind: 'subscription' })
  feed(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse);
    response.write('id: 1\ndata: one\n\n');
  }

  @Get('answer')
  @DrainableStream()
  answer(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse).write('data: one\n\n');
  }

  @Get('piped')
  @DrainableStream()
  piped(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse);
    source = new Readable({ read: () => undefined });
    source.pipe(response);
  }

  @Get('text')
  @DrainableStream({ farewell: 'no more\n' })
  text(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, { 'Content-Type': 'text/plain' }).write('begun\n');
  }

  @Get('ends-itself')
  @DrainableStream()
  endsItself(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    const own = rawOf(wrapped) as ServerResponse;
    own.writeHead(200, sse).write('data: one\n\n');
    signal.addEventListener('abort', () => own.end());
  }

  @Get('ends-lines')
  @DrainableStream({ farewell: 'no more\n' })
  endsLines(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    writeLines(rawOf(wrapped) as ServerResponse, signal);
  }

  @Get('lines')
  @DrainableStream()
  lines(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    writeLines(rawOf(wrapped) as ServerResponse, signal);
  }

  @Get('lines-with-event')
  @DrainableStream({ farewell: { type: 'bye', data: 'x' } })
  linesWithEvent(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    writeLines(rawOf(wrapped) as ServerResponse, signal);
  }

  @Get('lines-with-faulty-farewell')
  @DrainableStream({ farewell: (() => Promise.reject(new Error('late'))) as never })
  linesWithFaultyFarewell(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    writeLines(rawOf(wrapped) as ServerResponse, signal);
  }

  @Get('lines-beside')
  @DrainableStream()
  async linesBeside(
    @Res({ passthrough: true }) wrapped: object,
    @DrainSignal() signal: AbortSignal,
  ): Promise<void> {
    const own = rawOf(wrapped) as ServerResponse;
    writeLines(own, signal);
    await once(own, 'close');
  }

  @Get('lines-of-handler')
  @DrainableStream({ farewell: 'handler' })
  linesOfHandler(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    writeLines(rawOf(wrapped) as ServerResponse, signal);
  }

  @Get('silent-bytes')
  @DrainableStream()
  silentBytes(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, { 'Content-Type': 'text/plain' }).write('begun\n');
  }

  @Get('file-of-interceptor')
  @DrainableStream()
  @UseInterceptors(ownFile)
  fileOfInterceptor(): void {
    throw new Error('not reached');
  }

  @Get('ends-unsent')
  @DrainableStream()
  endsUnsent(@Res() wrapped: object, @DrainSignal() signal: AbortSignal): void {
    const own = rawOf(wrapped) as ServerResponse;
    signal.addEventListener('abort', () => own.end());
  }

  @Get('ending-farewell')
  @DrainableStream({
    farewell: () => {
      response.end('data: own words\n\n');
      return { data: 'bye' };
    },
  })
  endingFarewell(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse).write('data: one\n\n');
  }

  @Get('writing-farewell')
  @DrainableStream({
    farewell: () => {
      response.write('data: own words\n\n');
      return { data: 'bye' };
    },
  })
  writingFarewell(@Res() wrapped: object): void {
    this.endingFarewell(wrapped);
  }

  @Get('half-farewell')
  @DrainableStream({
    farewell: () => {
      response.write('data: ha');
      return { data: 'bye' };
    },
  })
  halfFarewell(@Res() wrapped: object): void {
    this.endingFarewell(wrapped);
  }

  @Get('bad-farewell')
  @DrainableStream({
    farewell: () => {
      throw new Error('no farewell');
    },
  })
  badFarewell(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse).write('data: one\n\n');
  }

  @Get('promised')
  @DrainableStream({ farewell: 'no more\n' })
  promised(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, { 'Content-Length': 10 }).write('12345');
  }

  @Get('silent')
  @DrainableStream()
  silent(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
  }
}

describe.each(adapters)('a response that application code writes, on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  const start = async (): Promise<void> => {
    running = await startApplication(adapter, {
      controllers: [WritingController],
      options: { timeout: 10, retryAfter: 3 },
    });
  };
  const open = async (path: string): Promise<Response> => fetch(`${running.url}/${path}`);
  const expire = async () => {
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    return report;
  };
  afterEach(() => running.close());

  test('a subscription is told `retry:` and ended although its handler listens to nothing', async () => {
    await start();
    const answer = await open('feed');
    const report = running.drain.start('test');
    expect(await answer.text()).toBe('id: 1\ndata: one\n\nretry: 3000\n\n');
    await running.settle();
    expect(await report).toMatchObject({ outcome: 'completed', reconnect: 1, cut: 0 });
  });

  test('a subscription that is ended within an event does not dispatch half of it', async () => {
    await start();
    const answer = await open('feed');
    response.write('id: 2\ndata: ha');
    void running.drain.start('test');
    expect(await answer.text()).toBe('id: 1\ndata: one\n\nid: 2\ndata: ha');
  });

  test('a finite event stream gets its farewell event, and later writes are dropped', async () => {
    await start();
    const answer = await open('answer');
    const report = await Promise.race([expire(), once(response, 'finish').then(() => undefined)]);
    expect(report).toBeUndefined();
    expect(response.write('data: too late\n\n')).toBe(true);
    response.setHeader('X-Late', '1');
    response.end('data: too late\n\n');
    expect(await answer.text()).toMatch(/^data: one\n\nevent: shutdown\ndata: \{.*\}\n\n$/);
    expect(running.drain.streams.counts()).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('the farewell waits for the rest of an event that is piped through', async () => {
    await start();
    const answering = open('piped');
    await nextEvent(running.drain, 'admitted');
    // The handler runs behind the guard, in the same turn or the next.
    await new Promise(setImmediate);
    source.push('data: one\n\ndata: t');
    const answer = await answering;
    const report = expire();
    source.push('wo\n\n');
    source.push('data: three\n\n');
    expect(await answer.text()).toMatch(
      /^data: one\n\ndata: two\n\nevent: shutdown\ndata: .*\n\n$/,
    );
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test.each([
    ['ends-itself', /^data: one\n\nevent: shutdown\ndata: .*\n\n$/],
    ['ends-lines', /^1\nno more\n$/],
  ])(
    'law 5: a handler that ends on its signal comes behind the farewell: %s',
    async (path, body) => {
      await start();
      const answer = await open(path);
      const report = expire();
      expect(await answer.text()).toMatch(body);
      expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
    },
  );

  test.each(['lines', 'lines-with-event', 'lines-with-faulty-farewell', 'lines-beside'])(
    'law 5: bytes without a farewell are cut before the signal of their handler aborts: %s',
    async (path) => {
      await start();
      const answer = await open(path);
      const report = expire();
      await expect(answer.text()).rejects.toThrow();
      expect(wasDestroyed).toBe(true);
      expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    },
  );

  test.each(['silent-bytes', 'file-of-interceptor'])(
    'law 5: bytes without a farewell are cut at the deadline, not a `flushTimeout` later: %s',
    async (path) => {
      await start();
      const answer = await open(path);
      const report = expire();
      await expect(answer.text()).rejects.toThrow();
      expect(await report).toMatchObject({ cancelled: 0, cut: 1, waitedSeconds: 10 });
    },
  );

  test('a handler with `farewell: handler` ends its bytes itself', async () => {
    await start();
    const answer = await open('lines-of-handler');
    const report = expire();
    expect(await answer.text()).toBe('1\n');
    expect(wasDestroyed).toBe(false);
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('a handler that ends on its signal before it has sent anything is an honest 503', async () => {
    await start();
    const answering = open('ends-unsent');
    await nextEvent(running.drain, 'admitted');
    await new Promise(setImmediate);
    void expire();
    const answer = await answering;
    expect([answer.status, await answer.json()]).toMatchObject([503, { reason: 'deadline' }]);
  });

  test.each([
    ['ends', () => void response.end('lf')],
    ['stays', () => running.clock.advance(2000)],
  ])('law 5: what %s within an event after the deadline is cut', async (_, go) => {
    await start();
    const lacking: boolean[] = [];
    running.drain.events.on('released', ({ stream }) => lacking.push(stream.lacksFarewell));
    const answer = await open('answer');
    response.write('data: ha');
    const report = expire();
    go();
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    expect(lacking).toEqual([true]);
  });

  test.each(['', 'data: ha'])(
    'law 5: a farewell that throws leaves no clean end, and no error in the handler: "%s"',
    async (half) => {
      await start();
      const answer = await open('bad-farewell');
      if (half) response.write(half);
      const report = expire();
      if (half) expect(() => response.write('lf\n\n')).not.toThrow();
      await expect(answer.text()).rejects.toThrow();
      expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
    },
  );

  const ownWords = 'data: own words\n\n';
  test.each([
    ['ends', 'between events', 'ending-farewell', ownWords],
    ['ends', 'behind the event under way', 'ending-farewell', ownWords],
    ['writes to', 'between events', 'writing-farewell', `${ownWords}data: bye\n\n`],
    ['writes to', 'behind the event under way', 'writing-farewell', `${ownWords}data: bye\n\n`],
  ])(
    'law 7: a farewell function that %s the answer %s is called once',
    async (_, at, path, words) => {
      await start();
      const answer = await open(path);
      const isDue = at !== 'between events';
      if (isDue) response.write('data: ha');
      const report = expire();
      if (isDue) response.write('lf\n\n');
      expect(await answer.text()).toBe(`data: one\n\n${isDue ? 'data: half\n\n' : ''}${words}`);
      expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
    },
  );

  test('law 5: a farewell function that writes half an event leaves no clean end', async () => {
    await start();
    const answer = await open('half-farewell');
    const report = expire();
    running.clock.advance(2000);
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
  });

  test('an end that middleware still holds back, such as to compress it, is left alone', async () => {
    let release = (): unknown => undefined;
    const hold = (_request: unknown, held: ServerResponse, next: () => void): void => {
      const end = held.end.bind(held) as (...args: unknown[]) => ServerResponse;
      held.end = (...args: unknown[]) => {
        release = () => end(...args);
        return held;
      };
      next();
    };
    running = await startApplication(adapter, {
      controllers: [WritingController],
      options: { timeout: 10 },
      prepare: (application) => application.use(hold),
    });
    const answer = await open('text');
    response.end('whole\n');
    const report = expire();
    release();
    expect(await answer.text()).toBe('begun\nwhole\n');
    expect(await report).toMatchObject({ completed: 1, cancelled: 0, cut: 0 });
  });

  test('an end that completes the last event is followed by the farewell', async () => {
    await start();
    const answer = await open('answer');
    response.write('data: ha');
    const report = expire();
    response.end('lf\n\n');
    expect(await answer.text()).toMatch(
      /^data: one\n\ndata: half\n\nevent: shutdown\ndata: .*\n\n$/,
    );
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('other chunked content gets its farewell in bytes', async () => {
    await start();
    const answer = await open('text');
    const report = expire();
    expect(await answer.text()).toBe('begun\nno more\n');
    expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  });

  test('a promised length is not broken: the answer comes whole, and is completed', async () => {
    await start();
    const answer = await open('promised');
    const report = expire();
    response.end('67890');
    expect(await answer.text()).toBe('1234567890');
    expect(await report).toMatchObject({ completed: 1, cancelled: 0, cut: 0 });
  });

  test('a promised length that does not come is cut, and the client sees it', async () => {
    await start();
    const answer = await open('promised');
    const report = running.drain.start('test');
    running.clock.advance(12_000);
    await expect(answer.text()).rejects.toThrow();
    expect(await report).toMatchObject({ completed: 0, cut: 1 });
  });

  test('a response that has sent nothing by the deadline is an honest 503', async () => {
    await start();
    const answering = open('silent');
    await nextEvent(running.drain, 'admitted');
    await new Promise(setImmediate);
    void expire();
    const answer = await answering;
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3']);
    expect(await answer.json()).toMatchObject({ reason: 'deadline' });
    response.writeHead(200).end('too late');
  });
});

/** An Express-style handler that knows nothing of Nest, such as an MCP server's GET stream. */
function mounted(request: object, wrapped: object): void {
  const admission = holder.admission.open(request, wrapped, {
    route: 'GET /mounted',
    kind: 'subscription',
  });
  if (!admission) return;
  holder.signal = admission.signal;
  response = rawOf(wrapped) as ServerResponse;
  response.writeHead(200, sse);
  response.write('data: one\n\n');
}
const holder = {} as { admission: StreamAdmission; signal: AbortSignal };

@Module({})
class MountedModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(mounted).forRoutes('mounted');
  }
}

test('Express middleware makes a response a stream without a controller', async () => {
  const running = await startApplication('express', {
    imports: [MountedModule],
    options: { timeout: 10 },
  });
  holder.admission = running.application.get(StreamAdmission);
  const answer = await fetch(`${running.url}/mounted`);
  expect(running.drain.streams.size).toBe(1);
  expect(running.drain.requests.size).toBe(0);
  const report = running.drain.start('test');
  expect(await answer.text()).toBe('data: one\n\nretry: 1000\n\n');
  expect(holder.signal.reason).toMatchObject({ cause: 'reconnect' });
  await running.settle();
  expect(await report).toMatchObject({ reconnect: 1 });
  const refused = await fetch(`${running.url}/mounted`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  const eventSource = { headers: { Accept: 'text/event-stream' } };
  const told = await fetch(`${running.url}/mounted`, eventSource);
  expect([told.status, await told.text()]).toEqual([200, 'retry: 1000\n\n']);
  await running.close();
});

/** As `mounted`, with an answer of bytes. */
function mountedLines(request: object, wrapped: object): void {
  const stream = holder.admission.open(request, wrapped, { route: 'GET /mounted-lines' });
  if (stream) writeLines(rawOf(wrapped) as ServerResponse, stream.signal);
}

@Module({})
class MountedLinesModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(mountedLines).forRoutes('mounted-lines');
  }
}

test('law 5: bytes without a farewell that middleware writes are cut before its signal aborts', async () => {
  const running = await startApplication('express', {
    imports: [MountedLinesModule],
    options: { timeout: 10 },
  });
  holder.admission = running.application.get(StreamAdmission);
  const answer = await fetch(`${running.url}/mounted-lines`);
  const report = running.drain.start('test');
  running.clock.advance(10_000);
  await expect(answer.text()).rejects.toThrow();
  expect(wasDestroyed).toBe(true);
  expect(await report).toMatchObject({ cancelled: 0, cut: 1 });
  await running.close();
});

test.each([
  ['before Express has it', 'express', (request: object) => request],
  ['with a response that was made for another object', 'fastify', () => ({ method: 'GET' })],
] as const)(
  'law 4: a request that is admitted %s is released with it',
  async (_, adapter, made) => {
    const running = await startApplication(adapter, { controllers: [WritingController] });
    const admission = running.application.get(StreamAdmission);
    const server = running.application.getHttpServer() as Server;
    server.prependListener('request', (request, own) => {
      Object.assign(own, { req: made(request) });
      admission.open(request, own, { route: 'GET *' });
    });
    const answer = await fetch(`${running.url}/answer`);
    expect(running.drain.streams.counts()).toMatchObject({ admitted: 1 });
    response.end();
    await answer.text();
    if (running.drain.streams.size > 0) await nextEvent(running.drain, 'released');
    expect(running.drain.streams.counts()).toMatchObject({ completed: 1 });
    await running.close();
  },
);

interface FastifyLike {
  addHook(name: 'onRequest', hook: (request: object, reply: object) => Promise<void>): void;
}

test('a Fastify hook around a proxy makes a response a stream without a controller', async () => {
  let upstream: ServerResponse | undefined;
  const origin = createServer((_, answer) =>
    (upstream = answer).writeHead(200, sse).write('data: 1\n\n'),
  );
  await once(origin.listen(0, '127.0.0.1'), 'listening');
  const { port } = origin.address() as { port: number };
  const running = await startApplication('fastify', {
    options: { timeout: 10 },
    prepare: (application) => {
      const fastify = application.getHttpAdapter().getInstance() as FastifyLike;
      fastify.addHook('onRequest', async (request, reply) => {
        const { url } = request as { url: string };
        if (!url.startsWith('/proxied')) return;
        const options = { route: 'GET /proxied', farewell: { type: 'bye', data: 'x' } };
        if (!application.get(StreamAdmission).open(request, reply, options)) return;
        (reply as { hijack(): void }).hijack();
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        response = rawOf(reply) as ServerResponse;
        response.writeHead(200, sse);
        Readable.fromWeb(answer.body as never).pipe(response);
      });
    },
  });
  const answer = await fetch(`${running.url}/proxied`);
  const report = running.drain.start('test');
  running.clock.advance(10_000);
  expect(await answer.text()).toBe('data: 1\n\nevent: bye\ndata: x\n\n');
  expect(await report).toMatchObject({ cancelled: 1, cut: 0 });
  expect((await fetch(`${running.url}/proxied`)).status).toBe(503);
  await running.close();
  upstream?.end();
  origin.close();
});
