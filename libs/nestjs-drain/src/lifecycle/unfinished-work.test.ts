import { once } from 'node:events';
import { get, type ClientRequest } from 'node:http';
import { Controller, Get, Logger, type MessageEvent, Param, Sse } from '@nestjs/common';
import { NEVER, type Observable, startWith } from 'rxjs';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { DrainableStream } from '../index.js';

let reached: () => void = () => undefined;

@Controller('work')
class Work {
  @Sse('words')
  words(): Observable<MessageEvent> {
    return NEVER.pipe(startWith({ data: 'first' }));
  }

  @Sse('known')
  @DrainableStream()
  known(): Observable<MessageEvent> {
    return NEVER.pipe(startWith({ data: 'first' }));
  }

  @Get('reports/:id')
  report(@Param('id') _: string): Promise<string> {
    reached();
    return new Promise(() => undefined);
  }
}

const clients: ClientRequest[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const client of clients.splice(0)) client.destroy();
});

function ask(running: RunningApplication, path: string): ClientRequest {
  const client = get(`${running.url}/work/${path}`, { agent: false });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function open(running: RunningApplication, path: string): Promise<void> {
  const [answer] = (await once(ask(running, path), 'response')) as [NodeJS.ReadableStream];
  answer.on('error', () => undefined).resume();
}

/** Until its handler runs, which never answers. */
async function begin(running: RunningApplication, path: string): Promise<void> {
  const isRunning = new Promise<void>((resolve) => (reached = resolve));
  ask(running, path);
  await isRunning;
}

/** The last line of a drain in which nothing ends. */
async function hintOf(running: RunningApplication): Promise<string> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const drained = running.drain.start('SIGTERM');
  await running.clock.advanceAsync(20_000);
  await drained;
  const line = warn.mock.calls.map(([message]) => String(message)).at(-1) ?? '';
  await running.close();
  return line;
}

describe.each(adapters)('what is unfinished at the deadline, on %s', (adapter) => {
  const start = () => startApplication(adapter, { controllers: [Work], options: { timeout: 10 } });

  test('an event stream that was not declared is named, with its remedy and no other', async () => {
    const running = await start();
    await open(running, 'words?key=secret');
    await open(running, 'known');
    const line = await hintOf(running);
    expect(line).toMatch(/^Still running at the deadline: 1 request \(GET \/work\/words\)\. /);
    expect(line).toMatch(
      /event streams that .* plain requests \(GET \/work\/words\): put @DrainableStream\(\) .*kind: 'subscription'/,
    );
    expect(line).not.toMatch(/secret|too short|known/);
  });

  test('requests are named by their routes, the most frequent first, without their query strings', async () => {
    const running = await start();
    for (const path of ['reports/1?key=secret', 'reports/2?key=secret']) await begin(running, path);
    await open(running, 'words');
    const line = await hintOf(running);
    const reports =
      adapter === 'express'
        ? '2 × GET /work/reports/:id, GET /work/words'
        : 'GET /work/reports/1, GET /work/reports/2, GET /work/words';
    expect(line).toContain(`Still running at the deadline: 3 requests (${reports}). `);
    expect(line).toMatch(/\(GET \/work\/words\): put @DrainableStream\(\)/);
    expect(line).toMatch(/`timeout` \(10 s\) was too short for them: raise it/);
    expect(line).not.toContain('secret');
  });
});

test('of many routes it names three and counts the others', async () => {
  const running = await startApplication('fastify', {
    controllers: [Work],
    options: { timeout: 10 },
  });
  const long = 'x'.repeat(95);
  for (const id of [1, 2, 3, 4, 5]) await begin(running, `reports/${id}${long}`);
  const [, names = ''] = /: 5 requests \((.*?)\)\. /.exec(await hintOf(running)) ?? [];
  expect(names).toMatch(/^GET \/work\/reports\/1x+…, .*\/2x+…, .*\/3x+…, 2 more$/);
});
