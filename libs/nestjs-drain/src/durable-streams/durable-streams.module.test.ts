import type { ExecutionContext } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KeyedStreams, MemoryResumeStore } from 'nestjs-drain-resume';
import {
  adapters,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { DrainResumeModule } from '../resume/index.js';
import { DurableStreamsModule } from './index.js';

/** Says its next word when the test lets it. */
class Speaker {
  #say!: (word: string | Error | undefined) => void;
  #next = this.#promise();

  #promise(): Promise<string | Error | undefined> {
    return new Promise((resolve) => (this.#say = resolve));
  }

  say(word: string | Error | undefined): void {
    const say = this.#say;
    this.#next = this.#next.then(() => this.#promise());
    say(word);
  }

  async *words(...first: string[]): AsyncGenerator<string> {
    yield* first;
    const word = await this.#next;
    if (word instanceof Error) throw word;
    if (word !== undefined) yield word;
  }
}

describe.each(adapters)('the read side of Durable Streams, %s', (adapter) => {
  let running: RunningApplication;
  let streams: KeyedStreams;
  let speaker: Speaker;

  beforeEach(async () => {
    speaker = new Speaker();
    const guard = {
      canActivate: (context: ExecutionContext) =>
        context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers[
          'x-user'
        ] !== 'stranger',
    };
    running = await startApplication(adapter, {
      imports: [
        DrainResumeModule.forRoot({ store: new MemoryResumeStore() }),
        DurableStreamsModule.forRoot({
          path: 'streams',
          guards: [guard],
          principal: (request: { headers: Record<string, string> }) =>
            request.headers['x-user'] ?? 'anonymous',
        }),
      ],
      options: { timeout: 10 },
    });
    streams = running.application.get(KeyedStreams, { strict: false });
  });

  afterEach(() => running.close());

  const read = (query = '', init: RequestInit = {}): Promise<Response> =>
    fetch(`${running.url}/streams/talk${query}`, init);

  /** Logs what the speaker says, and waits until the first words are logged. */
  async function talk(...first: string[]): Promise<void> {
    await streams.run('talk', () => speaker.words(...first));
    let count = 0;
    for await (const { chunks } of streams
      .log('talk')
      .pages({ after: -1, epoch: undefined }, new AbortController().signal)) {
      count += chunks.length;
      if (count >= first.length) return;
    }
  }

  test('goes on where a reader stands, and says when the body is whole', async () => {
    await talk('one', ' two');
    const first = await read();
    expect(await first.text()).toBe('one two');
    expect(first.headers.get('content-length')).toBe('7');
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('stream-closed')).toBeNull();
    const offset = first.headers.get('stream-next-offset')!;
    speaker.say(' three');
    const rest = await read(`?offset=${offset}&live=long-poll`);
    expect([rest.status, await rest.text()]).toEqual([200, ' three']);
    const end = await read(`?offset=${rest.headers.get('stream-next-offset')}&live=long-poll`);
    expect([end.status, end.headers.get('stream-closed')]).toEqual([204, 'true']);
    const whole = await read();
    expect(whole.headers.get('stream-closed')).toBe('true');
    expect(whole.headers.get('cache-control')).toMatch(/^private, max-age=60/);
  });

  test('keeps the spaces at which words begin in an event stream', async () => {
    await talk('one', ' two\n three');
    speaker.say(undefined);
    const text = await (await read('?offset=-1&live=sse')).text();
    expect(text).toContain('data:one two\ndata:  three\n\n');
    expect(text).toContain('"streamClosed":true');
  });

  test('calls the part of a body that failed no whole', async () => {
    await talk('one');
    speaker.say(new Error('a secret'));
    const events = await (await read('?offset=-1&live=sse')).text();
    expect(events).toContain('data:one\n');
    expect(events).not.toContain('streamClosed');
    const part = await read();
    expect([await part.text(), part.headers.get('stream-closed')]).toEqual(['one', null]);
    const rest = await read(`?offset=${part.headers.get('stream-next-offset')}`);
    expect([rest.status, rest.headers.get('cache-control')]).toEqual([410, 'no-store']);
    expect(await rest.text()).not.toContain('secret');
    expect((await read('', { method: 'HEAD' })).status).toBe(410);
  });

  test('shows a stream to its principal only, behind the guards, and takes no writes', async () => {
    await talk('one');
    expect((await read('', { headers: { 'x-user': 'mallory' } })).status).toBe(404);
    expect((await read('', { headers: { 'x-user': 'stranger' } })).status).toBe(403);
    const write = await read('', { method: 'PUT' });
    expect([write.status, write.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  test('answers 410 where the log has lost the place or another history stands there', async () => {
    await talk('one');
    expect((await read('?offset=0000000000000009_1')).status).toBe(410);
    expect((await read('?offset=0000000000000001_zz')).status).toBe(410);
    expect((await read('?offset=1')).status).toBe(400);
  });

  test('a replica that drains sends its live readers away, with the place where they stand', async () => {
    await talk('one');
    const offset = (await read('', { method: 'HEAD' })).headers.get('stream-next-offset');
    const events = await read(`?offset=${offset}&live=sse`);
    const poll = read(`?offset=${offset}&live=long-poll`);
    while (running.drain.requests.size < 2) await new Promise((resolve) => setImmediate(resolve));
    void running.drain.start('test');
    const [text, { status, headers }] = await Promise.all([events.text(), poll]);
    expect(text).toContain(`"streamNextOffset":"${offset}"`);
    expect([status, headers.get('stream-next-offset')]).toEqual([204, offset]);
    speaker.say(undefined);
    await running.settle();
  });
});
