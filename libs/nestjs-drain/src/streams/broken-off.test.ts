import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { Controller, Get, Header, Res, StreamableFile } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import { DrainableStream } from '../index.js';

let source: PassThrough;

@Controller()
@DrainableStream()
class OpenController {
  @Get('bytes')
  bytes(): StreamableFile {
    source = new PassThrough();
    source.write('begun\n');
    return new StreamableFile(source);
  }

  @Get('own')
  own(@Res() wrapped: object): void {
    const own = rawOf(wrapped) as ServerResponse;
    own.writeHead(200, { 'Content-Type': 'text/plain' }).write('begun\n');
  }

  /** As middleware does that keeps a stream of its own there. */
  @Get('own-stream')
  ownStream(@Res() wrapped: object): void {
    Object.assign(rawOf(wrapped), { stream: new PassThrough() });
    this.own(wrapped);
  }

  @Get('undestroyed')
  undestroyed(@Res() wrapped: object): void {
    this.own(wrapped);
    (rawOf(wrapped) as ServerResponse).destroy = () => {
      throw new Error('not destroyed');
    };
  }

  @Get('lines')
  @Header('Content-Type', 'text/event-stream')
  lines(): StreamableFile {
    source = new PassThrough();
    source.write('id: 21\n');
    return new StreamableFile(source, { type: 'text/event-stream' });
  }
}

@Controller()
class PlainController {
  @Get('plain')
  plain(@Res() wrapped: object): void {
    const own = rawOf(wrapped) as ServerResponse;
    own.writeHead(200, { 'Content-Type': 'text/plain' }).write('begun\n');
  }
}

let running: RunningApplication;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  source?.destroy();
  await running.close();
});

/** A client of HTTP/1.0, as nginx before 1.30 is one by default: the end of its connection is the end of an answer. */
async function ask(path: string, version = '1.0'): Promise<{ ended: Promise<string> }> {
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.setEncoding('latin1').on('data', (part: string) => (text += part));
  const ended = new Promise<string>((resolve) => {
    socket.once('end', () => resolve(`end ${text.split('\r\n\r\n')[1]}`));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });
  socket.write(`GET ${path} HTTP/${version}\r\nHost: localhost\r\n\r\n`);
  while (!text.includes('\r\n\r\n') || text.endsWith('\r\n\r\n')) await once(socket, 'data');
  return { ended };
}

describe.each(adapters)('law 5: an answer that only its connection delimits, on %s', (adapter) => {
  test.each(['/bytes', '/own'])('%s: it is cut by a reset, and not by an end', async (path) => {
    running = await startApplication(adapter, { controllers: [OpenController] });
    const { ended } = await ask(path);
    const report = running.drain.start('test');
    running.drain.expireNow();
    expect(await ended).toBe('ECONNRESET');
    await running.settle();
    expect(await report).toMatchObject({ cut: 1, cancelled: 0 });
  });

  test('a plain answer that outstays the last bound is reset with its connection', async () => {
    running = await startApplication(adapter, { controllers: [PlainController] });
    const { ended } = await ask('/plain');
    void running.drain.start('test');
    running.drain.expireNow();
    let end: string | undefined;
    void ended.then((told) => (end = told));
    const stopped = running.drain.stopListeners();
    while (end === undefined) await running.clock.advanceAsync(1_000);
    expect(end).toBe('ECONNRESET');
    await stopped;
  });

  test.each(['/own-stream', '/undestroyed'])(
    'law 7: what application code puts on the response keeps no client: %s',
    async (path) => {
      running = await startApplication(adapter, { controllers: [OpenController] });
      const { ended } = await ask(path, '1.1');
      const report = running.drain.start('test');
      running.drain.expireNow();
      expect(await ended).toMatch(/^(ECONNRESET|end 6\r\nbegun\n\r\n)$/);
      await running.settle();
      expect(await report).toMatchObject({ cut: 1, cancelled: 0 });
    },
  );

  test('a source of bytes that fails cuts its answer, and is no end', async () => {
    running = await startApplication(adapter, { controllers: [OpenController] });
    const { ended } = await ask('/bytes');
    source.destroy(new Error('upstream failed'));
    expect(await ended).toBe('ECONNRESET');
  });

  test('behind a line of an event comes no farewell: its client would keep the id of an event that never came', async () => {
    running = await startApplication(adapter, { controllers: [OpenController] });
    const { ended } = await ask('/lines');
    const report = running.drain.start('test');
    running.drain.expireNow();
    source.write('data: one\n');
    source.write('\n');
    expect(await ended).toMatch(/^end id: 21\ndata: one\n\nevent: shutdown\ndata: .*\n\n$/);
    await running.settle();
    expect(await report).toMatchObject({ cut: 0, cancelled: 1 });
  });
});
