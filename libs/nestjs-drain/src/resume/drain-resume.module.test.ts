import type { ServerResponse } from 'node:http';
import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Injectable,
  type MessageEvent,
  NotFoundException,
  Param,
  ParseIntPipe,
  Query,
  RequestMethod,
  Sse,
  UseGuards,
} from '@nestjs/common';
import { eventually } from '../../../../testing/eventually.js';
import { EventSource } from 'eventsource';
import { from, Observable, of, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import {
  InvalidResumeOptionsError,
  MemoryResumeStore,
  StoreUnavailableError,
  type ResumeCursor,
  type ResumeStore,
  withCodec,
} from 'nestjs-drain-resume';
import {
  adapters,
  nextEvent,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { rawOf } from '../compat/fastify.js';
import {
  DrainableStream,
  DrainSignal,
  type GracefulShutdownOptions,
  StreamAdmission,
} from '../index.js';
import { StreamCursor } from './stream-cursor.decorator.js';
import { DrainResumeModule, type DrainResumeOptions } from './drain-resume.module.js';

/** One run of the handler, as the test sees and moves it. */
interface Run {
  readonly cursor: ResumeCursor;
  readonly input: unknown;
  readonly signal: AbortSignal;
  readonly words: Subject<MessageEvent>;
}

let runs: Run[];
let onRun: (run: Run) => void;

function run(cursor: ResumeCursor, signal: AbortSignal, input?: unknown): Observable<MessageEvent> {
  const words = new Subject<MessageEvent>();
  const started = { cursor: { ...cursor }, input, signal, words };
  runs.push(started);
  onRun(started);
  return words;
}

function nextRun(): Promise<Run> {
  return new Promise((resolve) => (onRun = resolve));
}

const principal = (request: { headers: Record<string, string> }) =>
  request.headers['x-user'] ?? 'nobody';

function fail(): never {
  throw new Error('cannot be written');
}

/** Sets `request.user`, as an authentication does. */
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{
      headers: Record<string, string>;
      user?: string;
    }>();
    const [, user] = /^Bearer valid-(.+)$/.exec(request.headers['authorization'] ?? '') ?? [];
    if (user !== undefined) request.user = user;
    return user !== undefined;
  }
}

@Controller()
class PlainController {
  @Get('plain')
  @DrainableStream({ resumable: true })
  plain(): string {
    return 'plain';
  }
}

@Controller()
class AnswerController {
  @Sse('answer', { method: RequestMethod.ALL })
  @DrainableStream({ resumable: { principal } })
  answer(
    @Body() body: unknown,
    @Query('tone') tone: string,
    @StreamCursor() cursor: ResumeCursor,
    @DrainSignal() signal: AbortSignal,
  ): Observable<MessageEvent> {
    return run(cursor, signal, { body, tone });
  }

  @Sse('report')
  @DrainableStream({ resumable: { background: true } })
  report(@StreamCursor() cursor: ResumeCursor, @DrainSignal() signal: AbortSignal) {
    return run(cursor, signal);
  }

  @Sse('at-once')
  @DrainableStream({ resumable: { principal } })
  atOnce(@Query('mib') mib: string): Observable<MessageEvent> {
    return from(Array.from({ length: Number(mib) * 100 }, () => ({ data: 'x'.repeat(10_486) })));
  }

  @Sse('guarded')
  @UseGuards(TokenGuard)
  @DrainableStream({ resumable: { principal: (request: { user: string }) => request.user } })
  guarded(@Query('count', ParseIntPipe) _count: number): Observable<MessageEvent> {
    return from([{ data: 'yours' }]);
  }

  @Sse('by-hand')
  @DrainableStream({ resumable: 'handler' })
  byHand(): Observable<MessageEvent> {
    return from([{ data: 'a' }]);
  }

  @Sse('pulled')
  @DrainableStream({ resumable: true })
  async *pulled(): AsyncGenerator<MessageEvent> {
    for (const data of ['a', 'b', 'c']) yield await Promise.resolve({ data });
  }

  @Sse('unwritable')
  @DrainableStream({ resumable: { failure: () => ({ data: { error: 'broken' } }) } })
  unwritable(@Query('what') what: string): Observable<MessageEvent> {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const data = { circular, bigint: { count: 1n }, throws: { toJSON: () => fail() } }[what]!;
    return from([{ data: 'before' }, { data }, { data: 'after' }]);
  }

  @Sse('late/:id')
  @DrainableStream({ resumable: true })
  late(@Param('id', ParseIntPipe) _id: number): Promise<Observable<MessageEvent>> {
    return Promise.reject(new NotFoundException('no such answer'));
  }

  @Sse('unlogged')
  @DrainableStream()
  unlogged(): Observable<MessageEvent> {
    return run({ id: '', next: 0 }, new AbortController().signal);
  }
}

/** A store that two replicas in one process share, and that counts what it is asked. */
function sharedStore(clock: ManualClock): ResumeStore & { asked: number; principals: string[] } {
  const memory = new MemoryResumeStore({ clock });
  const plain = withCodec(memory, { encode: (text) => text, decode: (text) => text });
  return {
    ...plain,
    shared: true,
    asked: 0,
    principals: [],
    create(stream) {
      this.asked += 1;
      this.principals.push(stream.principal);
      return plain.create(stream);
    },
  };
}

/** Reads an event stream piece by piece. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  text = '';

  constructor(readonly response: Response) {
    this.#reader = response.body!.getReader();
  }

  async until(part: string): Promise<void> {
    while (!this.text.includes(part)) if (!(await this.#read())) break;
    expect(this.text).toContain(part);
  }

  async toEnd(): Promise<string> {
    while (await this.#read());
    return this.text;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }

  get lastId(): string {
    return this.text
      .match(/^id: (.*)$/gm)!
      .at(-1)!
      .slice(4);
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (value) this.text += new TextDecoder().decode(value);
    return !done;
  }
}

describe.each(adapters)('a resumable @Sse() route on %s', (adapter) => {
  let replicas: RunningApplication[];
  let storeClock: ManualClock;
  let store: ReturnType<typeof sharedStore>;

  const start = async (
    options: GracefulShutdownOptions = {},
    resume: Partial<DrainResumeOptions> = {},
  ): Promise<RunningApplication> => {
    const replica = await startApplication(adapter, {
      imports: [DrainResumeModule.forRoot({ store, lease: 4, ...resume })],
      controllers: [AnswerController],
      options: { timeout: 10, ...options },
    });
    replicas.push(replica);
    return replica;
  };

  const open = async (
    replica: RunningApplication,
    path: string,
    headers: Record<string, string> = {},
    init: RequestInit = {},
  ): Promise<Reader> => new Reader(await fetch(`${replica.url}/${path}`, { ...init, headers }));

  /** A new stream on a replica, with so many words said and read. */
  const begin = async (replica: RunningApplication, words: string[], path = 'answer') => {
    const begun = nextRun();
    const reader = await open(replica, path);
    const { words: subject } = await begun;
    for (const word of words) subject.next({ data: word });
    if (words.length > 0) await reader.until(`data: ${words.at(-1)!}\n`);
    return { reader, run: runs.at(-1)! };
  };

  beforeEach(() => {
    runs = [];
    onRun = () => undefined;
    replicas = [];
    storeClock = new ManualClock();
    store = sharedStore(storeClock);
  });

  afterEach(async () => {
    for (const { words } of runs) words.complete();
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  test('numbers its events, says when and where to come back, and ends with 204', async () => {
    const replica = await start();
    const { reader, run } = await begin(replica, ['one', 'two']);
    const id = run.cursor.id;
    expect(id.length).toBeGreaterThanOrEqual(32);
    expect(run.cursor.next).toBe(0);
    expect(reader.response.headers.get('content-location')).toBe(`?resume=${id}`);
    run.words.complete();
    const page = await store.read(id, -1, 1);
    const epoch = page.outcome === 'page' ? page.events[0]!.epoch.toString(36) : '';
    expect((await reader.toEnd()).trimStart()).toBe(
      `id: ${id}:-1\n\nid: ${id}:${epoch}:0\ndata: one\n\nid: ${id}:${epoch}:1\ndata: two\n\n`,
    );
    const answer = await fetch(`${replica.url}/answer`, {
      headers: { 'Last-Event-ID': `${id}:1` },
    });
    expect(answer.status).toBe(204);
  });

  test('logs an event before it sends it', async () => {
    const replica = await start();
    const { run } = await begin(replica, ['one']);
    const page = await store.read(run.cursor.id, -1, 10);
    expect(page).toMatchObject({ outcome: 'page', next: 1 });
  });

  test('replays what a client missed and goes on, on another replica, while it is still produced', async () => {
    const [one, other] = [await start(), await start()];
    const { reader, run } = await begin(one, ['a', 'b']);
    await reader.leave();
    run.words.next({ data: 'missed' });
    const again = await open(other, 'answer', { 'Last-Event-ID': reader.lastId });
    await again.until('data: missed');
    expect(again.text).not.toContain('data: b');
    run.words.next({ data: 'after' });
    await other.clock.advanceAsync(1000);
    run.words.complete();
    expect(await again.toEnd()).toContain('data: after');
    expect(runs).toHaveLength(1);
  });

  test('is read from its beginning by a client that names it, by query', async () => {
    const replica = await start();
    const { run } = await begin(replica, ['a', 'b', 'c']);
    const whole = await open(replica, `answer?resume=${run.cursor.id}`);
    const rest = await open(replica, `answer?resume=${run.cursor.id}&starting_after=1`);
    await Promise.all([whole.until('data: c'), rest.until('data: c')]);
    expect(whole.text).toContain('data: a');
    expect(rest.text).not.toContain('data: b');
  });

  test('is handed off at the deadline: no clean end, and the next replica runs the handler on', async () => {
    const [one, other] = [await start(), await start()];
    const begun = nextRun();
    const init = { method: 'POST', body: JSON.stringify({ question: 'why' }) };
    const headers = { 'Content-Type': 'application/json' };
    const reader = await open(one, 'answer?tone=kind', headers, init);
    const { words, signal } = await begun;
    for (const data of ['a', 'b']) words.next({ data });
    await reader.until('data: b');
    const report = one.drain.start('test');
    await one.clock.advanceAsync(10_000);
    await expect(reader.toEnd()).rejects.toThrow();
    expect(await report).toMatchObject({ handedOff: 1, cancelled: 0, cut: 0 });
    expect(signal.aborted).toBe(true);
    const continued = nextRun();
    const resumed = nextEvent(other.drain, 'resumed');
    const again = await open(other, 'answer', { 'Last-Event-ID': reader.lastId });
    await resumed;
    const next = await continued;
    expect(next.cursor).toEqual({ id: runs[0]!.cursor.id, next: 2 });
    expect(next.input).toEqual({ body: { question: 'why' }, tone: 'kind' });
    next.words.next({ data: 'c' });
    next.words.complete();
    const ids = (await again.toEnd()).match(/^id: .*$/gm)!.map((line) => line.split(':').at(-1));
    expect(ids).toEqual(['1', '2']);
  });

  test('is read on by an EventSource, which needs to be told nothing', async () => {
    const [one, other] = [await start(), await start()];
    let replica = one;
    const source = new EventSource('http://service/report', {
      // As a balancer does: the same address, another replica.
      fetch: (url, init) => fetch(String(url).replace('http://service', replica.url), init),
    });
    const heard: unknown[] = [];
    source.onmessage = ({ data }: { data: unknown }) => heard.push(data);
    const first = await nextRun();
    await eventually(() => expect(first.words.observed).toBe(true));
    first.words.next({ data: 'a' });
    await eventually(() => expect(heard).toEqual(['a']));
    replica = other;
    const continued = nextRun();
    void one.drain.start('test');
    await one.clock.advanceAsync(10_000);
    const next = await continued;
    expect(next.cursor.next).toBe(1);
    await eventually(() => expect(next.words.observed).toBe(true));
    next.words.next({ data: 'b' });
    next.words.complete();
    // It comes back once more, and 204 tells it that this was all.
    await eventually(() => expect(source.readyState).toBe(EventSource.CLOSED));
    expect(heard).toEqual(['a', 'b']);
  });

  test('is handed off as soon as new streams are refused, if eager', async () => {
    const one = await start({ propagationDelay: 3 }, { handOff: 'eager' });
    const { reader } = await begin(one, ['a']);
    const report = one.drain.start('test');
    await one.clock.advanceAsync(2_999);
    expect(one.drain.streams.size).toBe(1);
    await one.clock.advanceAsync(1);
    await expect(reader.toEnd()).rejects.toThrow();
    expect(await report).toMatchObject({ outcome: 'completed', handedOff: 1 });
  });

  test('goes on with a reader that waits when its producer falls silent', async () => {
    const [one, other] = [await start(), await start()];
    const { reader, run } = await begin(one, ['a']);
    const waiting = await open(other, 'answer', { 'Last-Event-ID': reader.lastId });
    await waiting.until('id: ');
    // The first replica hangs: it renews nothing, and the store's lease runs out.
    await storeClock.advanceAsync(4_000);
    const continued = nextRun();
    await other.clock.advanceAsync(1_000);
    const next = await continued;
    expect(next.cursor.next).toBe(1);
    await eventually(() => expect(next.words.observed).toBe(true));
    run.words.next({ data: 'from the grave' });
    next.words.next({ data: 'b' });
    next.words.complete();
    const text = await waiting.toEnd();
    expect(text).toContain('data: b');
    expect(text).not.toContain('grave');
    expect(run.signal.aborted).toBe(true);
  });

  test('pauses after its grace without a reader, and goes on with the next one', async () => {
    const replica = await start();
    const { reader, run } = await begin(replica, ['a']);
    await reader.leave();
    await eventually(() => expect(replica.drain.streams.size).toBe(0));
    await replica.clock.advanceAsync(29_999);
    expect(run.signal.aborted).toBe(false);
    await replica.clock.advanceAsync(1);
    expect(run.signal.aborted).toBe(true);
    const continued = nextRun();
    await open(replica, 'answer', { 'Last-Event-ID': reader.lastId });
    expect((await continued).cursor.next).toBe(1);
  });

  test('goes on to its end in the background, and the drain waits for it', async () => {
    const replica = await start();
    const { reader, run } = await begin(replica, ['a'], 'report');
    await reader.leave();
    await eventually(() => expect(replica.drain.streams.size).toBe(0));
    const report = replica.drain.start('test');
    await replica.clock.advanceAsync(9_000);
    expect(run.signal.aborted).toBe(false);
    expect(replica.drain.phase).toBe('draining');
    run.words.complete();
    expect(await report).toMatchObject({ outcome: 'completed' });
  });

  test('ends soon while draining if it has no reader and no other replica has it; who comes back is told', async () => {
    const replica = await start({}, { acrossReplicas: false });
    const { reader, run } = await begin(replica, ['a']);
    const read = await begin(replica, ['b']);
    await reader.leave();
    await eventually(() => expect(replica.drain.streams.size).toBe(1));
    const report = replica.drain.start('test');
    await replica.clock.advanceAsync(1_999);
    expect(run.signal.aborted).toBe(false);
    await replica.clock.advanceAsync(1);
    expect([run.signal.aborted, read.run.signal.aborted]).toEqual([true, false]);
    const back = await open(replica, 'answer', { 'Last-Event-ID': reader.lastId });
    expect(await back.toEnd()).toContain('before it was finished');
    read.run.words.complete();
    await read.reader.toEnd();
    expect(await report).toMatchObject({ outcome: 'completed', refused: 0 });
  });

  test('belongs to its principal: another principal, a guess and a future place get 404 and 410', async () => {
    const replica = await start();
    const { run } = await begin(replica, ['a']);
    const { id } = run.cursor;
    const status = async (lastEventId: string, user?: string) => {
      const headers = { 'Last-Event-ID': lastEventId, ...(user && { 'X-User': user }) };
      return (await fetch(`${replica.url}/answer`, { headers })).status;
    };
    expect(await status(`${id}:0`, 'mallory')).toBe(404);
    expect(await status('guess')).toBe(404);
    expect(await status(`${'0'.repeat(40)}:3`)).toBe(410);
    expect(await status(`${id}:1`)).toBe(410);
  });

  test('keeps a late exception’s status, and is over then', async () => {
    const replica = await start();
    for (const [path, status] of [
      ['late/1', 404],
      ['late/x', 400],
    ] as const) {
      expect((await fetch(`${replica.url}/${path}`)).status).toBe(status);
    }
    expect(replica.drain.count('producers', { awaitsLateWork: true }).size).toBe(0);
  });

  test('law 13: arrives whole however much its handler emits at once, or ends with an error', async () => {
    const replica = await start();
    const whole = await (await fetch(`${replica.url}/at-once?mib=3`)).text();
    expect(whole.match(/^data: /gm)).toHaveLength(300);
    expect(whole).not.toContain('event: error');
    const { store: small } = { store: new MemoryResumeStore({ maxStreamBytes: 1_000_000 }) };
    const bounded = await start({}, { store: small });
    const answer = await fetch(`${bounded.url}/at-once?mib=3`);
    const part = await answer.text();
    expect(part).toContain('event: error');
    const [id] = answer.headers.get('content-location')!.split('=').slice(-1);
    const again = await fetch(`${bounded.url}/at-once?resume=${id}`);
    // The same error for a reader that comes later, and no second run.
    expect((await again.text()).match(/^event: error/gm)).toHaveLength(1);
  });

  test('is written to the store only behind all guards and pipes, whose user is its principal', async () => {
    const replica = await start();
    const status = async (token: string, count: string) => {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${replica.url}/guarded?count=${count}`, { headers });
      await answer.text();
      return answer.status;
    };
    for (const token of ['made-up', 'guessed']) expect(await status(token, '1')).toBe(403);
    expect(await status('valid-alice', 'many')).toBe(400);
    expect(store.asked).toBe(0);
    expect(await status('valid-alice', '1')).toBe(200);
    expect(store.principals).toEqual(['alice']);
  });

  test('that its handler resumes by itself sends an EventSource elsewhere, too, while it drains', async () => {
    const replica = await start();
    const { reader } = await begin(replica, ['a']);
    void replica.drain.start('test');
    const headers = { Accept: 'text/event-stream' };
    const told = await fetch(`${replica.url}/by-hand`, { headers });
    expect(told.status).toBe(200);
    expect(await told.text()).toContain('retry: 1000');
    expect((await fetch(`${replica.url}/by-hand`)).status).toBe(503);
    await reader.leave();
  });

  test('is produced by an async generator as well', async () => {
    const replica = await start();
    const text = await (await fetch(`${replica.url}/pulled`)).text();
    expect(text.match(/^data: .*$/gm)).toEqual(['data: a', 'data: b', 'data: c']);
  });

  test.each(['circular', 'bigint', 'throws'])(
    'ends with an error of its own, and the others live: %s',
    async (what) => {
      const replica = await start();
      const { reader, run } = await begin(replica, ['a']);
      const text = await (await fetch(`${replica.url}/unwritable?what=${what}`)).text();
      expect(text.match(/^data: .*$/gm)).toEqual(['data: before', 'data: {"error":"broken"}']);
      run.words.next({ data: 'b' });
      await reader.until('data: b');
    },
  );

  test('is not run again for ever: a handler that takes its process along ends with an error', async () => {
    const replica = await start();
    const { run } = await begin(replica, []);
    // Every owner falls silent without an event.
    for (let attempt = 0; attempt < 4; attempt++) {
      await storeClock.advanceAsync(4_000);
      if (attempt < 3) await store.claim(run.cursor.id, `lost ${attempt}`);
    }
    const other = await start();
    const reader = await open(other, `answer?resume=${run.cursor.id}`);
    expect(await reader.toEnd()).toContain('event: error');
    expect(runs).toHaveLength(1);
  });

  test('is not run again if it was cancelled while its replica was lost', async () => {
    const replica = await start();
    const { run } = await begin(replica, ['a']);
    await store.requestCancel(run.cursor.id);
    await store.release(run.cursor.id, 1);
    const other = await start();
    const reader = await open(other, `answer?resume=${run.cursor.id}`);
    expect(await reader.toEnd()).toContain('The answer was cancelled.');
    expect(runs).toHaveLength(1);
  });

  test('is 410, not another answer, for a client whose events the store has lost', async () => {
    const replica = await start();
    const { reader } = await begin(replica, ['a']);
    const id = reader.lastId;
    const wrong = id.replace(/:[0-9a-z]+:0$/, ':zz:0');
    expect(
      (await fetch(`${replica.url}/answer`, { headers: { 'Last-Event-ID': wrong } })).status,
    ).toBe(410);
  });

  test('makes its replica unready while the store cannot be asked, if it is told to', async () => {
    const replica = await start({}, { readiness: true });
    const isReady = async () => (await fetch(`${replica.url}/ready`)).ok;
    expect(await isReady()).toBe(true);
    const head = store.head.bind(store);
    store.head = () => Promise.reject(new StoreUnavailableError('no connection'));
    await eventually(async () => expect(await isReady()).toBe(false));
    const { error } = (await (await fetch(`${replica.url}/ready`)).json()) as { error: object };
    expect(error).toMatchObject({ drain: { problems: ['resume store: no connection'] } });
    store.head = head;
    await eventually(async () => expect(await isReady()).toBe(true));
    await replica.close();
    replicas = [];
  });

  test('gives every reader the failure of its handler', async () => {
    const replica = await start();
    const { reader, run } = await begin(replica, ['a']);
    run.words.error(new HttpException('out of words', 500));
    const failure = /event: error\nid: .*:1\ndata: out of words\n/;
    expect(await reader.toEnd()).toMatch(failure);
    const late = await open(replica, `answer?resume=${run.cursor.id}`);
    expect(await late.toEnd()).toMatch(failure);
  });

  test('is not taken over by a replica that shuts down', async () => {
    const [one, other] = [await start(), await start({ propagationDelay: 5 })];
    const { reader } = await begin(one, ['a']);
    void one.drain.start('test');
    await one.clock.advanceAsync(10_000);
    await expect(reader.toEnd()).rejects.toThrow();
    void other.drain.start('test');
    const headers = { 'Last-Event-ID': reader.lastId };
    const refused = await fetch(`${other.url}/answer`, { headers });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    const told = await open(other, 'answer', { ...headers, Accept: 'text/event-stream' });
    expect(told.response.status).toBe(200);
    expect(await told.toEnd()).toContain('retry: 1000');
    expect(runs).toHaveLength(1);
  });

  test('gets its farewell at the deadline if no other replica could go on', async () => {
    const replica = await start({}, { store: new MemoryResumeStore() });
    const { reader, run } = await begin(replica, ['a']);
    const report = replica.drain.start('test');
    await replica.clock.advanceAsync(10_000);
    expect(await reader.toEnd()).toContain('event: shutdown');
    expect(await report).toMatchObject({ cancelled: 1, handedOff: 0 });
    expect(run.signal.aborted).toBe(true);
  });

  test('has to be an @Sse() route, and other routes never ask the store', async () => {
    const plain = startApplication(adapter, { controllers: [PlainController] });
    await expect(plain).rejects.toThrow('PlainController.plain() is declared resumable');
    const replica = await start();
    const { run } = await begin(replica, [], 'unlogged');
    run.words.complete();
    expect(store.asked).toBe(0);
  });

  test('answers 503 while its store cannot be asked', async () => {
    const replica = await start();
    store.create = () => Promise.reject(new StoreUnavailableError('no connection'));
    const answer = await fetch(`${replica.url}/answer`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

test.each([{ acrossReplicas: true }, { handOff: 'eager' as const }])(
  'streams are not handed to other replicas on a store they do not see: %j',
  async (options) => {
    const parts = {
      imports: [DrainResumeModule.forRoot({ store: new MemoryResumeStore(), ...options })],
    };
    await expect(startApplication('express', parts)).rejects.toThrow(InvalidResumeOptionsError);
  },
);

test.each(['express', 'fastify'] as const)(
  'a request that was opened by hand is no resumable stream: %s',
  async (adapter) => {
    const filter = { catch: jest.fn((_: unknown, host: ArgumentsHost) => answerTeapot(host)) };
    const application = await startApplication(adapter, {
      imports: [DrainResumeModule.forRoot({ store: new MemoryResumeStore() })],
      controllers: [OpenedController],
      prepare: (app) => app.useGlobalFilters(filter),
    });
    const answer = await fetch(`${application.url}/opened`);
    expect(answer.status).toBe(418);
    await answer.text();
    expect(String(filter.catch.mock.calls[0]?.[0])).toMatch(
      /GET \/opened is resumable.*opened before by StreamAdmission\.open\(\): leave that out/,
    );
    await application.close();
  },
);

function answerTeapot(host: ArgumentsHost): void {
  const response = rawOf(host.switchToHttp().getResponse<ServerResponse>());
  response.writeHead(418).end();
}

@Injectable()
class Opener implements CanActivate {
  constructor(private readonly admission: StreamAdmission) {}

  canActivate(context: ExecutionContext): boolean {
    const [request, response] = context.getArgs<[object, object]>();
    return this.admission.open(request, response, { route: 'GET /opened' }) !== undefined;
  }
}

@Controller()
class OpenedController {
  @Sse('opened')
  @UseGuards(Opener)
  @DrainableStream({ resumable: true })
  opened(): Observable<MessageEvent> {
    return of({ data: 'a' });
  }
}

test('an option that does not exist is refused with those that do', async () => {
  const options = { store: new MemoryResumeStore(), patience: 3 } as DrainResumeOptions;
  const parts = { imports: [DrainResumeModule.forRoot(options)] };
  await expect(startApplication('express', parts)).rejects.toThrow(
    /`patience` is not an option; known are store, .*storeTimeout/,
  );
});

test('a subscription has no end and cannot be logged', () => {
  expect(() => DrainableStream({ kind: 'subscription', resumable: true })).toThrow('endless');
});
