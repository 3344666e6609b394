import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import {
  type CanActivate,
  Controller,
  Get,
  type MessageEvent,
  Next,
  Req,
  Res,
  Sse,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { finalize, NEVER, type Observable, of } from 'rxjs';
import { WebSocketServer } from 'ws';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../../../../testing/eventually.js';
import { startApplication, type RunningApplication } from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import {
  DrainableStream,
  type OpenStream,
  StreamAdmission,
  type UpgradeOptions,
} from '../index.js';

const options = { route: 'GET /feed', kind: 'subscription' } as const;

let running: RunningApplication;
/** What the handler met after the library had answered. */
let met: unknown[];
let wentOn: Promise<void> | undefined;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  met = [];
  wentOn = undefined;
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  running.drain.reset();
  await running.close();
});

/** Application code that does not look at what `open()` returned. */
async function goOn(response: ServerResponse): Promise<void> {
  response.on('error', (error) => met.push(error));
  try {
    response.setHeader('X-Late', '1').appendHeader('X-Late', '2').removeHeader('X-Late');
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.writeContinue();
    response.writeEarlyHints({ link: '</late.css>; rel=preload' });
    (response as Partial<ServerResponse>).writeProcessing?.();
    response.flushHeaders();
    response.write('data: late\n\n');
    await new Promise((resolve) => response.write('data: late\n\n', resolve));
    const source = Readable.from(['data: piped\n\n']);
    source.pipe(response);
    await once(source, 'end');
    await new Promise<void>((resolve) => response.end('data: late\n\n', resolve));
    response.write('data: later still\n\n');
  } catch (error) {
    met.push(error);
  }
}

/** Middleware, a hook or a plain listener: it opens a stream, and goes on whatever the answer was. */
function handle(request: object, response: object): void {
  running.application.get(StreamAdmission).open(request, response, options);
  wentOn = goOn(rawOf(response) as ServerResponse);
}

/** Draining, and held there. */
function drain(): void {
  running.drain.messages.enter({});
  void running.drain.start('test');
}

async function serve(server: Server | http2.Http2Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

interface FastifyLike {
  addHook(
    name: 'onRequest',
    hook: (request: object, reply: object, done: () => void) => void,
  ): void;
  get(path: string, handler: (request: object, reply: object) => unknown): void;
}

async function expectRefused(url: string): Promise<void> {
  const answer = await fetch(url);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  expect(answer.headers.has('x-late')).toBe(false);
  expect(await answer.json()).toMatchObject({ status: 503, reason: 'draining' });
  const eventSource = await fetch(url, { headers: { Accept: 'text/event-stream' } });
  expect([eventSource.status, await eventSource.text()]).toEqual([200, 'retry: 1000\n\n']);
  expect(wentOn).toBeDefined();
  await wentOn;
  // An error that is emitted comes a tick later.
  await new Promise(setImmediate);
  expect(met).toEqual([]);
}

describe('what application code writes to an answer of the library is dropped', () => {
  test('in middleware of Express', async () => {
    running = await startApplication('express', {
      prepare: (application) => application.use('/feed', handle),
    });
    drain();
    await expectRefused(`${running.url}/feed`);
  });

  test('in middleware of Express that calls next()', async () => {
    const goesOn = (request: object, response: object, next: () => void): void => {
      handle(request, response);
      next();
    };
    running = await startApplication('express', {
      prepare: (application) => application.use('/feed', goesOn),
    });
    drain();
    await expectRefused(`${running.url}/feed`);
  });

  test.each(['hook', 'handler'])('in a %s of Fastify', async (place) => {
    running = await startApplication('fastify', {
      prepare: (application) => {
        const fastify = application.getHttpAdapter().getInstance() as FastifyLike;
        if (place === 'hook') {
          fastify.addHook('onRequest', (request, reply, done) => {
            handle(request, reply);
            done();
          });
        } else {
          fastify.get('/feed', (request, reply) => {
            handle(request, reply);
            return Readable.from(['late']);
          });
        }
      },
    });
    drain();
    await expectRefused(`${running.url}/feed`);
  });

  test('on a server of Node', async () => {
    running = await startApplication('express', {});
    const port = await serve(createServer(handle));
    drain();
    await expectRefused(`http://127.0.0.1:${port}/feed`);
  });

  test('over HTTP/2', async () => {
    running = await startApplication('express', {});
    const port = await serve(http2.createServer(handle));
    drain();
    const client = http2.connect(`http://127.0.0.1:${port}`);
    cleanups.unshift(() => client.destroy());
    const stream = client.request({ ':path': '/feed' });
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect([headers[':status'], headers['retry-after']]).toEqual([503, '1']);
    const body = JSON.parse((await stream.setEncoding('utf8').toArray()).join('')) as unknown;
    expect(body).toMatchObject({ reason: 'draining' });
    expect(wentOn).toBeDefined();
    await wentOn;
    await new Promise(setImmediate);
    expect(met).toEqual([]);
  });

  test('a second open() of a request that was refused refuses it too', async () => {
    running = await startApplication('express', {
      prepare: (application) =>
        application.use('/feed', (request: object, response: object) => {
          running.application.get(StreamAdmission).open(request, response, options);
          handle(request, response);
        }),
    });
    drain();
    await expectRefused(`${running.url}/feed`);
  });

  test('by an interceptor of a route with @Res() that an EventSource asks for', async () => {
    running = await startApplication('express', { controllers: [WritingController] });
    drain();
    const headers = { Accept: 'text/event-stream' };
    const answer = await fetch(`${running.url}/written`, { headers });
    expect([answer.status, await answer.text()]).toEqual([200, 'retry: 1000\n\n']);
    expect(wentOn).toBeDefined();
    await wentOn;
    await new Promise(setImmediate);
    expect(met).toEqual([]);
  });
});

@Controller()
class WritingController {
  @Get('written')
  @DrainableStream({ kind: 'subscription' })
  @UseInterceptors({
    intercept(context, next) {
      const response = context.switchToHttp().getResponse<ServerResponse>();
      return next.handle().pipe(finalize(() => void (wentOn = goOn(response))));
    },
  })
  written(@Req() _request: object, @Res() response: ServerResponse, @Next() _next: object): void {
    response.end('not refused');
  }
}

describe('what application code writes to a socket that the library has answered is dropped', () => {
  const handshake =
    'GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

  /** @param goesOn what the application does with a socket that was refused */
  async function answerOf(
    goesOn: (request: IncomingMessage, socket: Socket, head: Buffer) => void,
  ): Promise<string> {
    running = await startApplication('express', {
      prepare: (application) => {
        const http = application.getHttpServer() as Server;
        http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
          application.get(StreamAdmission).openUpgrade(request, socket, { route: 'WS /live' });
          socket.on('error', (error) => met.push(error));
          goesOn(request, socket, head);
        });
      },
    });
    const client = connect(Number(new URL(running.url).port), '127.0.0.1');
    await once(client, 'connect');
    drain();
    client.write(handshake);
    return (await client.setEncoding('utf8').toArray()).join('');
  }
  const refused =
    'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n';

  test('which it writes to itself', async () => {
    const answer = answerOf((_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      Readable.from(['frame']).pipe(socket);
      socket.end('frame', () => met.push('ended'));
    });
    expect(await answer).toBe(refused);
    expect(met).toEqual(['ended']);
  });

  test('which it gives to ws', async () => {
    const server = new WebSocketServer({ noServer: true });
    const answer = answerOf((request, socket, head) =>
      server.handleUpgrade(request, socket, head, () => met.push('opened')),
    );
    expect(await answer).toBe(refused);
    expect(met).toEqual([]);
  });
});

describe('what open() and openUpgrade() are called with', () => {
  type Call = (...args: unknown[]) => unknown;

  /** What a call throws, or returns, for each request of Express. */
  async function outcomeOf(
    call: (admission: StreamAdmission, request: object, response: object) => unknown,
  ): Promise<unknown> {
    let outcome: unknown;
    running = await startApplication('express', {
      prepare: (application) =>
        application.use('/feed', (request: object, response: ServerResponse) => {
          try {
            outcome = call(application.get(StreamAdmission), request, response);
          } catch (error) {
            outcome = error;
          }
          response.end();
        }),
    });
    await (await fetch(`${running.url}/feed`)).text();
    return outcome;
  }

  test.each([{}, { route: undefined }, { route: '' }, { route: 5 }])(
    'a route is required: %p',
    async (given) => {
      const outcome = await outcomeOf((admission, request, response) =>
        (admission.open.bind(admission) as Call)(request, response, given),
      );
      expect(String(outcome)).toMatch(/`route` is .*; set a pattern, such as "GET \/events"\./);
      expect(running.drain.streams.counts().admitted).toBe(0);
    },
  );

  test.each<[string, (request: object, response: object) => unknown[], string]>([
    ['swapped', (request, response) => [response, request], 'ServerResponse as its `request`'],
    ['no request', (_, response) => [undefined, response], 'undefined as its `request`'],
    ['no response', (request) => [request, null], 'null as its `response`'],
    ['two requests', (request) => [request, request], 'IncomingMessage as its `response`'],
    [
      'no object of a class',
      (request) => [request, Object.create(null) as object],
      'an object as its `response`',
    ],
  ])('a request and its response are: %s', async (_, given, message) => {
    const outcome = await outcomeOf((admission, request, response) =>
      (admission.open.bind(admission) as Call)(...given(request, response), options),
    );
    expect(outcome).toBeInstanceOf(TypeError);
    expect(String(outcome)).toContain(`StreamAdmission got ${message}; call open(request, resp`);
  });

  test.each<[string, (request: object, socket: object) => unknown[], string]>([
    ['swapped', (request, socket) => [socket, request], 'Socket as its `request`'],
    ['no request', (_, socket) => [undefined, socket], 'undefined as its `request`'],
    ['no socket', (request) => [request, Buffer.alloc(0)], 'Buffer as its `socket`'],
  ])('a request and its socket are: %s', async (_, given, message) => {
    const outcome = await outcomeOf((admission, request) =>
      (admission.openUpgrade.bind(admission) as Call)(
        ...given(request, (request as IncomingMessage).socket),
        { route: 'WS /live' },
      ),
    );
    expect(outcome).toBeInstanceOf(TypeError);
    expect(String(outcome)).toContain(`StreamAdmission got ${message}; call openUpgrade(`);
  });

  test('a second open() of a request returns its stream', async () => {
    const outcome = await outcomeOf((admission, request, response) => [
      admission.open(request, response, options),
      admission.open(request, response, { route: 'GET /other' }),
    ]);
    const [first, second] = outcome as [OpenStream, OpenStream];
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(second.route).toBe('GET /feed');
  });

  test('a kind that is undefined is the default', async () => {
    await outcomeOf((admission, request) => {
      const { socket } = request as IncomingMessage;
      const upgrade = { route: 'WS /live', kind: undefined } as unknown as UpgradeOptions;
      return admission.openUpgrade(request as IncomingMessage, socket, upgrade);
    });
    expect([...running.drain.streams].map(({ kind }) => kind)).toEqual(['finite']);
    expect(running.drain.streams.sizeOf('finite')).toBe(1);
  });
});

/** Opens the request before the handler; the admission guard runs before it, and once more behind it. */
const opener = (form: (framework: object) => object): CanActivate => ({
  canActivate: (context) => {
    const [request, response] = context.getArgs<[object, object]>();
    const admission = running.application.get(StreamAdmission);
    return admission.open(form(request), form(response), { route: 'GET /opened' }) !== undefined;
  },
});

@Controller()
@DrainableStream()
class OpenedController {
  @Sse('wrapped')
  @UseGuards(opener((framework) => framework))
  wrapped(): Observable<MessageEvent> {
    return of({ data: 'a' });
  }

  @Sse('raw')
  @UseGuards(opener(rawOf))
  raw(): Observable<MessageEvent> {
    return of({ data: 'a' });
  }
}

test.each([
  ['express', 'wrapped'],
  ['express', 'raw'],
  ['fastify', 'wrapped'],
  ['fastify', 'raw'],
] as const)(
  'a request that a guard of its route opens is one stream: %s, %s',
  async (adapter, path) => {
    running = await startApplication(adapter, { controllers: [OpenedController] });
    const routes: string[] = [];
    running.drain.events.on('admitted', ({ stream }) => routes.push(stream.route));
    expect(await (await fetch(`${running.url}/${path}`)).text()).toContain('data: a');
    expect(routes).toEqual(['GET /opened']);
  },
);

@Controller()
class WaitingController {
  @Sse('never')
  @DrainableStream()
  never(): Observable<MessageEvent> {
    return NEVER;
  }
}

test.each(['express', 'fastify'] as const)(
  'many streams that wait on one connection share a listener, know no bytes yet, and go with it: %s',
  async (adapter) => {
    const warned = jest.fn();
    process.on('warning', warned);
    cleanups.push(() => process.off('warning', warned));
    running = await startApplication(adapter, { controllers: [WaitingController] });
    const { streams } = running.drain;
    const client = connect(Number(new URL(running.url).port), '127.0.0.1');
    client.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(15));
    await once(client, 'data');
    await eventually(() => expect(streams.size).toBe(15));
    const [first, ...others] = [...streams].map((stream) => stream.progress().bytes);
    expect(first).toBeGreaterThan(0);
    expect(others).toEqual(Array.from({ length: 14 }));
    client.destroy();
    await eventually(() => expect(streams.size).toBe(0));
    expect(streams.counts()).toMatchObject({ admitted: 15, abandoned: 15 });
    expect(warned).not.toHaveBeenCalled();
  },
);
