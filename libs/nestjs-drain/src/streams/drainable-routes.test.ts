import { MessagePattern } from '@nestjs/microservices';
import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import {
  Body,
  type CanActivate,
  Controller,
  Get,
  Header,
  HttpCode,
  Injectable,
  NotFoundException,
  Logger,
  Param,
  ParseIntPipe,
  Post,
  Redirect,
  Res,
  Sse,
  StreamableFile,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { map, Observable, of, Subject } from 'rxjs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { AdmissionGuard } from './admission.guard.js';
import { CurrentStream, DrainableStream, DrainSignal, type OpenStream } from '../index.js';

const events = new Subject<MessageEvent>();
let order: string[] = [];

class Denies implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

@UseGuards(Denies)
@DrainableStream()
@Controller('guarded')
class GuardedController {
  @Get('above')
  @UseGuards(Denies)
  @DrainableStream()
  above(): string {
    return 'never';
  }

  @Get('below')
  @DrainableStream()
  @UseGuards(Denies)
  below(): string {
    return 'never';
  }

  @Get('unguarded')
  unguarded(): string {
    return 'never';
  }
}

@Injectable()
class Notes implements CanActivate {
  canActivate(): boolean {
    order.push('guard');
    return true;
  }
}

@UseGuards(Notes)
@DrainableStream()
@Controller('noted')
class NotedController {
  @Get('by-the-class')
  byTheClass(): string {
    return 'done';
  }

  @UseGuards(Notes)
  @Get('by-both')
  byBoth(): string {
    return 'done';
  }
}

@Controller('heir')
class NotedHeir extends NotedController {
  @UseGuards(Notes)
  @Get('own')
  own(): string {
    return 'done';
  }

  @DrainableStream()
  @Get('declared')
  declared(): string {
    return 'done';
  }
}

@Controller('base')
@DrainableStream()
class BaseController {
  @Sse('feed')
  feed(): Observable<MessageEvent> {
    return of({ data: 'of the base' });
  }

  @Sse('inherited')
  inherited(): Observable<MessageEvent> {
    return events;
  }
}

@Controller('derived')
class DerivedController extends BaseController {
  @Sse('feed')
  override feed(): Observable<MessageEvent> {
    return events;
  }
}

describe.each(adapters)('the rule of @DrainableStream() on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  afterEach(() => running.close());

  test('every guard of the application runs before admission, wherever it stands', async () => {
    running = await startApplication(adapter, { controllers: [GuardedController] });
    for (const path of ['above', 'below', 'unguarded']) {
      expect((await fetch(`${running.url}/guarded/${path}`)).status).toBe(401);
    }
    expect(running.drain.streams.counts()).toMatchObject({ admitted: 0 });
    void running.drain.start('test');
    expect((await fetch(`${running.url}/guarded/above`)).status).toBe(401);
  });

  test.each([
    ['noted/by-the-class', ['guard', 'admitted'], 1],
    ['noted/by-both', ['guard', 'guard', 'admitted'], 2],
    ['heir/by-the-class', ['guard', 'admitted'], 1],
    ['heir/own', ['guard', 'guard', 'admitted'], 2],
    ['heir/declared', ['guard', 'admitted'], 1],
  ])(
    '%s is admitted once, behind its guards, and the guard runs no oftener than it must',
    async (path, expected, runs) => {
      const ran = jest.spyOn(AdmissionGuard.prototype, 'canActivate');
      // Twice: what the first application has done to the classes must not change the second.
      for (let time = 0; time < 2; time += 1) {
        order = [];
        ran.mockClear();
        running = await startApplication(adapter, { controllers: [NotedHeir, NotedController] });
        running.drain.events.on('admitted', () => order.push('admitted'));
        expect((await fetch(`${running.url}/${path}`)).status).toBe(200);
        expect([order, ran.mock.calls.length]).toEqual([expected, runs]);
        if (time === 0) await running.close();
      }
      ran.mockRestore();
    },
  );

  test('a handler that overrides a decorated one, and one that is inherited, end with their farewell', async () => {
    running = await startApplication(adapter, {
      controllers: [BaseController, DerivedController],
      options: { timeout: 10 },
    });
    const answers = await Promise.all(
      ['derived/feed', 'derived/inherited'].map((path) => fetch(`${running.url}/${path}`)),
    );
    const routes = [...running.drain.streams].map(({ route }) => route);
    expect(routes.sort()).toEqual(['GET /derived/feed', 'GET /derived/inherited']);
    const report = running.drain.start('test');
    running.clock.advance(10_000);
    for (const answer of answers) expect(await answer.text()).toContain('event: shutdown');
    expect(await report).toMatchObject({ activeBefore: 2, cancelled: 2, cut: 0 });
  });
});

test('law 4: a client that Nest has dropped because it did not read is never completed', async () => {
  const source = new Subject<MessageEvent>();
  @Controller()
  class FastController {
    @Sse('fast')
    @DrainableStream()
    fast(): Observable<MessageEvent> {
      return source;
    }
  }
  const running = await startApplication('express', { controllers: [FastController] });
  const request = get(`${running.url}/fast`);
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.pause();
  response.on('error', () => undefined);
  for (let count = 0; count < 400 && running.drain.streams.size > 0; count += 1) {
    source.next({ data: 'x'.repeat(100_000) });
    await new Promise(setImmediate);
  }
  expect(running.drain.streams.size).toBe(0);
  expect(running.drain.streams.counts()).toMatchObject({ completed: 0, abandoned: 1 });
  await running.close();
});

test('law 5: a byte stream whose reader lags at the deadline still ends with its farewell', async () => {
  let sent = 0;
  @Controller()
  class LaggingController {
    @Get('file')
    @DrainableStream({ farewell: 'end of file' })
    file(): StreamableFile {
      const read = function (this: Readable): void {
        sent += 1;
        this.push(Buffer.alloc(65_536, 'x'));
      };
      return new StreamableFile(new Readable({ read }));
    }
  }
  const running = await startApplication('express', {
    controllers: [LaggingController],
    options: { timeout: 10 },
  });
  const request = get(`${running.url}/file`);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.pause();
  for (let before = -1; before !== sent;) {
    before = sent;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  }
  const report = running.drain.start('test');
  running.clock.advance(10_000);
  let end = '';
  for await (const chunk of response) end = (end + String(chunk)).slice(-20);
  expect(end).toBe('xxxxxxxxxend of file');
  expect(await report).toMatchObject({ cancelled: 1, completed: 0, cut: 0 });
  await running.close();
});

test('without GracefulShutdownModule the decorator does nothing', async () => {
  @Controller()
  class AloneController {
    @Get('alone/:id')
    @DrainableStream()
    alone(
      @Param('id') id: string,
      @DrainSignal() signal: AbortSignal,
      @CurrentStream() stream: OpenStream,
    ) {
      return { id, aborted: signal.aborted, released: stream.isReleased };
    }
  }
  expect(Reflect.get(AloneController.prototype, 'alone')).toHaveLength(3);
  const module = await Test.createTestingModule({ controllers: [AloneController] }).compile();
  const application = module.createNestApplication({ logger: false });
  await application.listen(0, '127.0.0.1');
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  for (let asked = 0; asked < 2; asked += 1) {
    const answer = await fetch(`${await application.getUrl()}/alone/7`);
    expect(await answer.json()).toEqual({ id: '7', aborted: false, released: false });
  }
  expect(warn.mock.calls).toEqual([
    [
      '@DrainableStream() on AloneController.alone() does nothing: import GracefulShutdownModule.forRoot() in the root module.',
    ],
  ]);
  warn.mockRestore();
  await application.close();
});

test('what can be no stream is refused at start, with the remedy', async () => {
  @Injectable()
  class NoRoute {
    @DrainableStream()
    work(): void {}
  }
  @Controller()
  class NoHandler {
    @DrainableStream()
    work(): void {}
  }
  @Controller()
  class Message {
    @DrainableStream()
    @MessagePattern('sum')
    work(): void {}
  }
  @Controller()
  class Unlogged {
    @Sse('unlogged')
    @DrainableStream({ resumable: true })
    work(): Observable<MessageEvent> {
      return of();
    }
  }
  @Controller()
  class Generating {
    @Sse('generating')
    @DrainableStream()
    async *work(): AsyncGenerator<MessageEvent> {
      yield await Promise.resolve({ data: 'a' });
    }
  }
  await expect(startApplication('express', { controllers: [Generating] })).rejects.toThrow(
    /Generating\.work\(\) is an async generator.*return an Observable.*or declare the stream resumable/,
  );
  const refusal = /\.work\(\) does nothing: it is for HTTP routes.*Take it away/;
  await expect(startApplication('express', { controllers: [Message] })).rejects.toThrow(refusal);
  await expect(startApplication('express', { controllers: [Unlogged] })).rejects.toThrow(
    /GET \/unlogged is resumable.*import DrainResumeModule\.forRoot/,
  );
  await expect(startApplication('express', { providers: [NoRoute] })).rejects.toThrow(refusal);
  await expect(startApplication('express', { controllers: [NoHandler] })).rejects.toThrow(refusal);
});

class Wraps implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    order.push('before');
    return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
  }
}

/** Handlers of every kind; each says how many arguments it got. */
function controller(path: string, decorate: () => MethodDecorator & ClassDecorator) {
  @Controller(path)
  @decorate()
  class AnyController {
    @Get('value')
    value() {
      return { arguments: arguments.length };
    }

    @Post('body')
    @HttpCode(202)
    @Header('X-Kind', 'body')
    body(@Body() body: unknown, extra = 'default') {
      return { body, extra, arguments: arguments.length };
    }

    @Get('promise')
    promise(): Promise<string> {
      return Promise.resolve('later');
    }

    @Get('throws')
    throws(): never {
      throw new Error('internal');
    }

    @Get('rejects')
    rejects(): Promise<never> {
      return Promise.reject(new NotFoundException('not here'));
    }

    @Get('pipe/:id')
    pipe(@Param('id', ParseIntPipe) id: number) {
      return { id, arguments: arguments.length };
    }

    @Get('redirect')
    @Redirect('/elsewhere', 307)
    redirect(): void {}

    @Get('intercepted')
    @UseInterceptors(Wraps)
    intercepted() {
      return { arguments: arguments.length };
    }

    @Sse('sse')
    sse(): Observable<MessageEvent> {
      return of({ data: { arguments: arguments.length } }, { data: 'two', id: 'x' });
    }

    @Sse('late')
    late(): Promise<Observable<MessageEvent>> {
      return Promise.reject(new NotFoundException('no stream'));
    }

    @Get('generator')
    async *generator(): AsyncGenerator<string> {
      yield await Promise.resolve('one ');
      yield 'two';
    }

    @Get('file')
    file(): StreamableFile {
      return new StreamableFile(Buffer.from('file'), { type: 'text/x', disposition: 'inline' });
    }

    @Get('response')
    response(): Response {
      return new Response('web', { status: 203, headers: { 'x-kind': 'web' } });
    }

    @Get('observable')
    observable(): Observable<string> {
      return of('one', 'last');
    }

    @Get('thenable')
    thenable() {
      // A lazy query builder runs when, and as often as, it is asked.
      return { then: (resolve: (value: string) => void) => resolve('asked') };
    }

    @Get('written')
    written(@Res() response: { status(code: number): { send(body: string): void } }): void {
      response.status(201).send('written');
    }

    @Get('nothing')
    nothing(): void {}
  }
  return AnyController;
}

const bare = controller('plain', () => () => undefined);
const decorated = controller('drain', () => DrainableStream());

describe.each(adapters)('law 9: on %s a decorated route answers as the bare one', (adapter) => {
  const routes = [
    'GET value',
    'POST body',
    'GET promise',
    'GET throws',
    'GET rejects',
    'GET pipe/7',
    'GET pipe/seven',
    'GET redirect',
    'GET intercepted',
    'GET sse',
    'GET late',
    'GET generator',
    'GET file',
    'GET response',
    'GET observable',
    'GET thenable',
    'GET written',
    'GET nothing',
    'HEAD value',
    'HEAD sse',
    'HEAD file',
    'OPTIONS value',
    'DELETE value',
  ];

  test('with the same status, headers, body, arguments and errors', async () => {
    const running = await startApplication(adapter, { controllers: [bare, decorated] });
    const ask = async (prefix: string, route: string) => {
      const [method = '', path = ''] = route.split(' ');
      order = [];
      const answer = await fetch(`${running.url}/${prefix}/${path}`, {
        method,
        redirect: 'manual',
        ...(method === 'POST'
          ? { body: '{"a":1}', headers: { 'Content-Type': 'application/json' } }
          : {}),
      });
      const headers = Object.fromEntries(answer.headers);
      // The body of a 404 names its path, and the tag is of the body.
      for (const name of ['date', 'etag']) delete headers[name];
      const body = (await answer.text()).replaceAll(`/${prefix}/`, '/');
      return { route, status: answer.status, headers, body, order };
    };
    for (const route of routes) {
      const expected = await ask('plain', route);
      expect(await ask('drain', route)).toEqual(expected);
    }
    expect(running.drain.streams.size).toBe(0);
    await running.close();
  });
});
