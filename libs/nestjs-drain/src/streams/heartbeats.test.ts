import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import http2 from 'node:http2';
import { PassThrough, Readable } from 'node:stream';
import {
  Controller,
  Get,
  Header,
  Res,
  Sse,
  StreamableFile,
  type MessageEvent,
} from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Subject, type Observable } from 'rxjs';
import { ManualClock } from 'nestjs-drain-resume/testing';
import {
  adapters,
  startApplication,
  type Adapter,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { CurrentStream, DrainableStream, type OpenStream } from '../index.js';
import { lastEventIdBehind } from '../../../../testing/last-event-id.js';
import { Heartbeats } from './heartbeats.js';
import { HttpTransport } from './http-stream.js';

const sse = { 'Content-Type': 'text/event-stream' };
const beat = ':\n\n';

let source: PassThrough;
let response: ServerResponse;
let opened: OpenStream;
let subject: Subject<MessageEvent>;

function begun(first = 'data: 1\n\n'): PassThrough {
  source = new PassThrough();
  source.write(first);
  return source;
}

async function* chunks(): AsyncGenerator<string> {
  for await (const chunk of begun()) yield String(chunk);
}

function web(headers: Record<string, string>): Response {
  return new Response(Readable.toWeb(begun()) as never, { headers });
}

@Controller()
@DrainableStream({ kind: 'subscription' })
class SilentController {
  @Sse('sse')
  events(): Observable<MessageEvent> {
    subject = new Subject();
    setImmediate(() => subject.next({ data: '1' }));
    return subject;
  }

  @Get('generator')
  @Header('Content-Type', 'text/event-stream')
  generator(): AsyncGenerator<string> {
    return chunks();
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(begun(), { type: 'text/event-stream' });
  }

  @Get('response')
  response(): Response {
    return web({ 'content-type': 'Text/Event-Stream; charset=utf-8' });
  }

  @Get('written')
  written(@Res() wrapped: object, @CurrentStream() stream: OpenStream): void {
    opened = stream;
    response = rawOf(wrapped) as ServerResponse;
    response.writeHead(200, sse).write('data: 1\n\n');
  }

  @Get('lines')
  lines(): Response {
    return web({ 'content-type': 'text/plain' });
  }

  @Get('encoded')
  encoded(): Response {
    return web({ ...sse, 'content-encoding': 'br' });
  }

  @Get('sized')
  sized(): Response {
    return web({ ...sse, 'content-length': '12' });
  }

  @Get('unsent')
  unsent(@Res() wrapped: object): void {
    response = rawOf(wrapped) as ServerResponse;
  }

  @Get('none')
  @DrainableStream({ heartbeat: false, kind: 'subscription' })
  none(): Response {
    return web(sse);
  }

  @Get('rare')
  @DrainableStream({ heartbeat: 60, kind: 'subscription' })
  rare(): Response {
    return web(sse);
  }
}

/** What has come so far, and the next that comes. */
class Reading {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  text = '';

  constructor(answer: Response) {
    this.#reader = answer.body!.getReader();
  }

  async until(end: string): Promise<string> {
    while (!this.text.endsWith(end)) await this.#next();
    return this.text;
  }

  async end(): Promise<string> {
    while (await this.#next());
    return this.text;
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    this.text += new TextDecoder().decode(value);
    return !done;
  }
}

describe.each(adapters)('heartbeats on %s', (adapter: Adapter) => {
  let running: RunningApplication;
  const start = async (heartbeat?: number): Promise<void> => {
    const given = heartbeat === undefined ? {} : { heartbeat };
    const options = { timeout: 1000, ...given };
    running = await startApplication(adapter, { controllers: [SilentController], options });
  };
  const open = async (path: string): Promise<Reading> => {
    const reading = new Reading(await fetch(`${running.url}/${path}`));
    await reading.until('\n\n');
    await new Promise(setImmediate);
    return reading;
  };
  afterEach(() => running.close());

  test.each(['sse', 'generator', 'file', 'response', 'written'])(
    'a silent event stream gets a comment within each interval, and not while it speaks: %s',
    async (path) => {
      await start(15);
      const reading = await open(path);
      const first = reading.text;
      running.clock.advance(7_500);
      running.clock.advance(7_500);
      expect(await reading.until(beat)).toBe(first + beat);
      const speak = (data: string): void => {
        if (path === 'sse') subject.next({ data });
        else (path === 'written' ? response : source).write(`data: ${data}\n\n`);
      };
      speak('2');
      await reading.until('data: 2\n\n');
      await running.clock.advanceAsync(7_500);
      speak('3');
      await reading.until('data: 3\n\n');
      expect(reading.text.split(beat)).toHaveLength(2);
      const before = reading.text.length;
      await running.clock.advanceAsync(37_500);
      void running.drain.start('test');
      expect((await reading.end()).slice(before)).toMatch(/^(:\n\n){2}retry: 1000\n\n$/);
    },
  );

  test('the event that was written last stays the one a client comes back with', async () => {
    await start(15);
    const reading = await open('sse');
    running.clock.advance(30_000);
    void running.drain.start('test');
    const text = await reading.end();
    expect(text).toMatch(/id: 1\ndata: 1\n\n:\n\nretry: 1000\n\n$/);
    expect(lastEventIdBehind(text)).toBe('1');
  });

  test.each(['lines', 'encoded', 'sized', 'none'])('there is none in: %s', async (path) => {
    await start(15);
    const answer = await fetch(`${running.url}/${path}`);
    await new Promise(setImmediate);
    running.clock.advance(60_000);
    source.end('end');
    const text = path === 'encoded' ? '' : await answer.text();
    expect(text).toBe(path === 'encoded' ? '' : 'data: 1\n\nend');
  });

  test('there is none by default', async () => {
    await start();
    const reading = await open('response');
    running.clock.advance(3_600_000);
    source.end('end');
    expect(await reading.end()).toBe('data: 1\n\nend');
  });

  test('a route may have another interval', async () => {
    await start(15);
    const reading = await open('rare');
    running.clock.advance(59_000);
    source.write('data: 2\n\n');
    await reading.until('data: 2\n\n');
    running.clock.advance(60_000);
    expect(await reading.until(beat)).toBe(`data: 1\n\ndata: 2\n\n${beat}`);
  });

  test('there is none within an event, and none before the headers', async () => {
    await start(15);
    const reading = await open('written');
    response.write('data: ha');
    await reading.until('ha');
    running.clock.advance(60_000);
    response.end('lf\n\n');
    expect(await reading.end()).toBe('data: 1\n\ndata: half\n\n');
    const answering = fetch(`${running.url}/unsent`);
    const before = response;
    while (response === before) await new Promise(setImmediate);
    running.clock.advance(60_000);
    response.writeHead(500).end('failed');
    const answer = await answering;
    expect([answer.status, await answer.text()]).toEqual([500, 'failed']);
  });

  test('a heartbeat is no progress of the stream', async () => {
    await start(15);
    const reading = await open('written');
    const before = opened.progress().bytes;
    running.clock.advance(30_000);
    await reading.until(beat);
    expect(opened.progress().bytes).toBe(before);
  });

  test('one timer serves all streams, and none is left behind the last', async () => {
    await start(15);
    const idle = running.clock.pending;
    const readings = await Promise.all(['sse', 'response', 'written'].map(open));
    // The moment in which the clients came is over.
    running.clock.advance(50);
    expect(running.clock.pending).toBe(idle + 1);
    subject.complete();
    source.end();
    response.end();
    await Promise.all(readings.map((one) => one.end()));
    while (running.drain.streams.size > 0) await new Promise(setImmediate);
    running.clock.advance(15_000);
    expect(running.clock.pending).toBe(idle);
  });
});

test('law 9: without a heartbeat nothing is put over the response', () => {
  const heartbeats = new Heartbeats(new ManualClock());
  const write = (): boolean => true;
  const held = { write } as unknown as ServerResponse;
  const request = { httpVersionMajor: 2 } as IncomingMessage;
  expect(heartbeats.keep(new HttpTransport('finite', 'bye', 1, request, held))).toBeUndefined();
  expect(Object.values(held)).toEqual([write]);
});

test('a reader that does not read gets none', async () => {
  const clock = new ManualClock();
  const heartbeats = new Heartbeats(clock, 10);
  const server = createServer((request, answer) => {
    heartbeats.keep(new HttpTransport('finite', 'bye', 1, request, answer));
    response = answer.writeHead(200, sse);
    const event = `data: ${'x'.repeat(100_000)}\n\n`;
    for (let count = 0; count < 40; count += 1) answer.write(event);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}`);
  // What the kernel and the client take without being asked has gone; the rest waits.
  await eventLoopTurns(20);
  const waiting = response.writableLength;
  expect(waiting).toBeGreaterThan(0);
  clock.advance(60_000);
  expect(response.writableLength).toBe(waiting);
  const reading = new Reading(answer);
  response.once('drain', () => setImmediate(() => clock.advance(20_000)));
  await reading.until(beat);
  server.closeAllConnections();
  server.close();
});

test('a stream of HTTP/2 gets them as well, and a closed one no more', async () => {
  const clock = new ManualClock();
  const heartbeats = new Heartbeats(clock, 10);
  const server = http2.createServer((request, answer) => {
    const [raw, held] = [request, answer] as unknown as [IncomingMessage, ServerResponse];
    heartbeats.keep(new HttpTransport('finite', 'bye', 1, raw, held));
    response = held.writeHead(200, sse);
    response.write('data: 1\n\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as { port: number };
  const client = http2.connect(`http://127.0.0.1:${port}`);
  const stream = client.request().setEncoding('utf8');
  let text = '';
  stream.on('data', (chunk: string) => (text += chunk));
  while (!text.endsWith('\n\n')) await once(stream, 'data');
  clock.advance(10_000);
  while (!text.endsWith(beat)) await once(stream, 'data');
  expect(text).toBe(`data: 1\n\n${beat}`);
  client.destroy();
  await once(response, 'close');
  expect(() => clock.advance(60_000)).not.toThrow();
  server.close();
});

async function eventLoopTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
}
