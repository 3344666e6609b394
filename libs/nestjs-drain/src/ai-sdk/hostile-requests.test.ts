import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import {
  adapters,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { DrainSignal } from '../index.js';
import { DrainResumeModule } from '../resume/index.js';
import { UIMessageStream } from './index.js';

interface Message {
  readonly id?: unknown;
  readonly text?: string;
}

let asked: (string | undefined)[];

/**
 * Says what it was asked, and then waits until it is stopped; `fail` fails, `refuse` has no answer at all, and `silent`
 * waits only. `bigint` and `huge` bring a chunk that cannot be kept.
 */
async function* answer(text: string | undefined, signal: AbortSignal): AsyncGenerator<object> {
  asked.push(text);
  if (text !== 'silent') yield { type: 'start', text };
  if (text === 'bigint') yield { type: 'data-count', data: 1n };
  if (text === 'huge') yield { type: 'text-delta', delta: 'x'.repeat(9 * 1024 * 1024) };
  if (text === 'fail') throw new Error('a secret of the server');
  if (text !== 'end' && !signal.aborted) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
}

@Injectable()
class Above implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return headersOf(context)['x-caller'] !== 'refused above';
  }
}

@Injectable()
class Below implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return headersOf(context)['x-caller'] !== 'refused below';
  }
}

function headersOf(context: ExecutionContext): Record<string, string> {
  return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers;
}

@Controller('chat')
class ChatController {
  @UseGuards(Above)
  @UIMessageStream()
  @UseGuards(Below)
  chat(@Body() { text }: Message, @DrainSignal() signal: AbortSignal): AsyncIterable<object> {
    if (text === 'refuse') {
      asked.push(text);
      throw new ForbiddenException();
    }
    return answer(text, signal);
  }
}

@Controller('support')
class SupportController {
  @UIMessageStream()
  chat(@Body() { text }: Message, @DrainSignal() signal: AbortSignal): AsyncIterable<object> {
    return answer(text, signal);
  }
}

@Controller('named')
class NamedController {
  @UIMessageStream({
    principal: ({ headers }: { headers: Record<string, string> }) => headers['x-user']!,
  })
  chat(@Body() { text }: Message, @DrainSignal() signal: AbortSignal): AsyncIterable<object> {
    return answer(text, signal);
  }
}

/** Lets something happen right behind its next read. */
class DisturbedStore extends MemoryResumeStore {
  afterRead: (() => Promise<unknown>) | undefined;

  override async read(
    ...args: Parameters<MemoryResumeStore['read']>
  ): ReturnType<MemoryResumeStore['read']> {
    const page = await super.read(...args);
    const disturb = this.afterRead;
    this.afterRead = undefined;
    await disturb?.();
    return page;
  }
}

describe.each(adapters)('hostile requests to a chat, %s', (adapter) => {
  let running: RunningApplication;
  let store: DisturbedStore;

  beforeEach(async () => {
    asked = [];
    store = new DisturbedStore();
    running = await startApplication(adapter, {
      imports: [DrainResumeModule.forRoot({ store })],
      controllers: [ChatController, SupportController, NamedController],
      options: { timeout: 10 },
    });
  });

  afterEach(() => running.close());

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${running.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(`${running.url}${path}`, { method, headers });

  /** Has read until the text comes. */
  async function until({ body }: Response, text: string) {
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = '';
    while (!seen.includes(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`It ended without ${text}: ${seen}`);
      seen += value;
    }
    return Object.assign(reader, { seen });
  }

  test.each([{}, [], { id: null }, { id: '' }, { id: {} }, { id: ['a'] }, { id: true }])(
    'a message that names no chat is refused: %j',
    async (body) => {
      expect((await post('/chat', body)).status).toBe(400);
      for (const chat of ['undefined', 'null', '[object Object]', 'a']) {
        expect((await ask('GET', `/chat/${chat}/stream`)).status).toBe(204);
      }
      expect(asked).toEqual([]);
    },
  );

  test('a chat of any name is found again', async () => {
    for (const id of ['__proto__', 'x'.repeat(100), '😀/..?#', 7]) {
      const reader = await until(await post('/chat', { id, text: 'open' }), 'open');
      const path = `/chat/${encodeURIComponent(id)}/stream`;
      const again = await until(await ask('GET', path), 'open');
      expect((await ask('DELETE', path)).status).toBe(204);
      await Promise.all([reader.cancel(), again.cancel()]);
    }
  });

  test('no model is asked by any other method', async () => {
    for (const method of ['HEAD', 'PUT', 'PATCH', 'OPTIONS']) {
      for (const path of ['/chat', '/chat/a/stream']) {
        expect([method, (await ask(method, path)).status]).not.toEqual([method, 200]);
      }
    }
    expect((await post('/chat/a/stream', { id: 'a' })).status).toBe(405);
    expect(asked).toEqual([]);
  });

  test('the guards above and below the decorator refuse every method', async () => {
    const reader = await until(await post('/chat', { id: 'a', text: 'open' }), 'open');
    for (const caller of ['refused above', 'refused below']) {
      for (const method of ['GET', 'DELETE', 'HEAD', 'POST']) {
        const { status } = await ask(method, '/chat/a/stream', { 'x-caller': caller });
        expect([caller, method, status]).toEqual([caller, method, 403]);
      }
    }
    await until(await ask('GET', '/chat/a/stream'), 'open');
    await reader.cancel();
  });

  test('a chat of another route is another chat', async () => {
    const reader = await until(await post('/chat', { id: 'a', text: 'open' }), 'open');
    expect((await ask('GET', '/support/a/stream')).status).toBe(204);
    await ask('DELETE', '/support/a/stream');
    const other = await until(await post('/support', { id: 'a', text: 'open' }), 'open');
    expect(asked).toEqual(['open', 'open']);
    await until(await ask('GET', '/chat/a/stream'), 'open');
    await Promise.all([reader.cancel(), other.cancel()]);
  });

  test('a caller whom the route cannot name gets nothing', async () => {
    const alice = { 'x-user': 'alice' };
    const reader = await until(await post('/named', { id: 'a', text: 'open' }, alice), 'open');
    const unnamed = [post('/named', { id: 'a', text: 'open' }), ask('GET', '/named/a/stream')];
    for (const { status } of await Promise.all(unnamed)) expect(status).toBe(500);
    expect((await ask('GET', '/named/a/stream', { 'x-user': 'bob' })).status).toBe(204);
    await until(await ask('GET', '/named/a/stream', alice), 'open');
    await reader.cancel();
  });

  test('a question whose answer failed is answered when it is asked again', async () => {
    for (const text of ['fail', 'refuse']) {
      for (let turn = 0; turn < 2; turn += 1) {
        await (await post('/chat', { id: text, text })).text();
      }
    }
    expect(asked).toEqual(['fail', 'fail', 'refuse', 'refuse']);
  });

  test.each(['bigint', 'huge'])('a chunk that cannot be kept ends its answer: %s', async (text) => {
    const other = await until(await post('/chat', { id: 'other', text: 'open' }), 'open');
    const whole = await (await post('/chat', { id: 'a', text })).text();
    const [start, last, ...more] = [...whole.matchAll(/^data: (.*)$/gm)].map(([, data]) => data);
    expect([start, more]).toEqual([`{"type":"start","text":"${text}"}`, []]);
    expect(last).toMatch(/^\{"type":"error","errorText":"[^"]+"\}$/);
    await until(await ask('GET', '/chat/other/stream'), 'open');
    await other.cancel();
  });

  test('a question whose answer was stopped is answered when it is asked again', async () => {
    const first = await until(await post('/chat', { id: 'a', text: 'open' }), 'open');
    await ask('DELETE', '/chat/a/stream');
    while (!(await first.read()).done);
    await (await until(await post('/chat', { id: 'a', text: 'open' }), 'open')).cancel();
    expect(asked).toEqual(['open', 'open']);
  });

  test('a question whose answer is whole is not answered twice', async () => {
    const texts = [];
    for (let turn = 0; turn < 2; turn += 1) {
      texts.push(await (await post('/chat', { id: 'a', text: 'end' })).text());
    }
    expect(texts[1]).toBe(texts[0]);
    expect(asked).toEqual(['end']);
  });

  test('a question gets no answer to another one that came in between', async () => {
    const first = await until(await post('/chat', { id: 'a', text: 'mine' }), 'mine');
    store.afterRead = async () => {
      const other = await until(await post('/chat', { id: 'a', text: 'other' }), 'other');
      void other.cancel();
    };
    const again = await until(await post('/chat', { id: 'a', text: 'mine' }), 'mine');
    expect(asked).toEqual(['mine', 'other', 'mine']);
    first.cancel().catch(() => undefined);
    await again.cancel();
  });

  test('a page that comes back before the first chunk gets no answer to another question', async () => {
    const begun = await post('/chat', { id: 'a', text: 'silent' });
    const address = `/chat${begun.headers.get('Content-Location')}`;
    const first = await until(begun, ':-1');
    const place = /^id: (.+:-1)$/m.exec(first.seen)?.[1] ?? '';
    const comeBack = () => [ask('GET', '/chat', { 'Last-Event-ID': place }), ask('GET', address)];
    const again = [];
    for (const back of comeBack()) again.push(await until(await back, `id: ${place}\n`));
    const other = await until(await post('/chat', { id: 'a', text: 'other' }), 'other');
    for (const late of await Promise.all(comeBack())) expect(late.status).toBe(410);
    for (const reader of [first, ...again, other]) await reader.cancel().catch(() => undefined);
  });

  test('while the only replica drains, its open answer can be read and stopped', async () => {
    const first = await until(await post('/chat', { id: 'a', text: 'open' }), 'open');
    const drained = running.drain.start('test');
    await running.clock.advanceAsync(0);
    const again = await until(await ask('GET', '/chat/a/stream'), 'open');
    expect((await ask('DELETE', '/chat/a/stream')).status).toBe(204);
    while (!(await first.read()).done);
    while (!(await again.read()).done);
    await running.settle();
    await drained;
  });
});
