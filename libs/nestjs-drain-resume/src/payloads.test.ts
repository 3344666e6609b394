import { Readable } from 'node:stream';
import fc from 'fast-check';
import { from, Observable, ReplaySubject, shareReplay, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals';
import { StoreUnavailableError } from './errors.js';
import { MemoryResumeStore } from './memory-store.js';
import { logAll, payloadsFrom, type EventSource, type PayloadOptions } from './payloads.js';
import type { ResumableProducer } from './producer.js';
import { StreamProducers, type StreamProducersOptions } from './stream-producers.js';
import { ManualClock } from './testing/manual-clock.js';

const end = 'the end';
const last = { end, failure: (error: unknown) => `failed: ${(error as Error)?.message}` };

/** What a store does with one append. */
type Step = 'logs' | 'slow' | 'away' | 'refuses' | 'rejects' | 'loses the lease';

/** A memory store that follows a script and then logs. */
class ScriptedStore extends MemoryResumeStore {
  steps: Step[] = [];

  override async append(...args: Parameters<MemoryResumeStore['append']>) {
    const [id, epoch, , events, terminal] = args;
    const step = this.steps.shift() ?? 'logs';
    if (step === 'slow') for (let turn = 0; turn < 3; turn++) await nextTurn();
    if (step === 'away') throw new StoreUnavailableError('away');
    if (step === 'rejects') throw new Error('WRONGTYPE');
    // As a full log does: a terminal event alone is always taken.
    if (step === 'refuses' && !(terminal && events.length === 1)) {
      return { outcome: 'tooLarge', limit: 0 } as const;
    }
    if (step === 'loses the lease') await this.release(id, epoch);
    return super.append(...args);
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function setUp(steps: Step[] = [], options: Partial<StreamProducersOptions> = {}) {
  const clock = new ManualClock();
  const store = new ScriptedStore({ clock });
  store.steps = steps;
  const streams = new StreamProducers({ store, clock, lease: 3, ttl: 60, ...options });
  const started = await streams.start({ principal: 'alice', request: '' });
  if (started.outcome !== 'started') throw new Error(started.outcome);
  const { producer } = started;
  const log = async (): Promise<{ events: string[]; closed: boolean }> => {
    const page = await store.read(producer.id, -1, 1_000_000);
    if (page.outcome !== 'page') throw new Error(page.outcome);
    return { events: page.events.map((event) => event.payload), closed: page.closed };
  };
  return { clock, store, producer, log };
}

function logged(
  producer: ResumableProducer,
  source: EventSource,
  options: Partial<PayloadOptions> = {},
): Promise<void> {
  const encode = (event: unknown) => JSON.stringify(event);
  const payloads = payloadsFrom(source, { encode, signal: producer.signal, ...options });
  return logAll(producer, payloads, last);
}

async function* later(events: readonly unknown[]) {
  for (const event of events) {
    await nextTurn();
    yield event;
  }
}

function stream(events: readonly unknown[]): ReadableStream<unknown> {
  return new ReadableStream({
    start(controller) {
      for (const event of events) controller.enqueue(event);
      controller.close();
    },
  });
}

function overTime(events: readonly unknown[]): Observable<unknown> {
  return new Observable((subscriber) => {
    void (async () => {
      for await (const event of later(events)) subscriber.next(event);
      subscriber.complete();
    })();
  });
}

function replayed(events: readonly unknown[]): Observable<unknown> {
  const subject = new ReplaySubject<unknown>();
  for (const event of events) subject.next(event);
  subject.complete();
  return subject;
}

const handlers: Record<string, (events: readonly unknown[]) => EventSource> = {
  'an Observable that emits at once': (events) => from(events),
  'one that replays': replayed,
  'a shared one': (events) => from(events).pipe(shareReplay()),
  'an Observable that takes its time': overTime,
  'an async generator': later,
  'a web stream': stream,
  'an array': (events) => events,
};

let unhandled: unknown[];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await nextTurn();
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

describe.each(Object.entries(handlers))('what is logged of %s', (_, handler) => {
  test('law 13: it says "the end" only if every event before it was logged', async () => {
    const step = fc.constantFrom<Step>(
      ...(['logs', 'slow', 'away', 'refuses', 'rejects', 'loses the lease'] as const),
    );
    const law = fc.asyncProperty(
      fc.array(fc.string({ maxLength: 20 }), { maxLength: 300 }),
      fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant<Step>('logs') }, step), {
        maxLength: 8,
      }),
      fc.record({
        maxPendingEvents: fc.constantFrom(3, 100_000),
        maxPendingBytes: fc.constantFrom(50, 100_000),
      }),
      async (events, steps, bounds) => {
        const { clock, producer, log } = await setUp([...steps]);
        let isOver = false;
        const whole = logged(producer, handler(events), bounds).then(() => (isOver = true));
        while (!isOver) await clock.advanceAsync(10);
        await whole;
        const expected = events.map((event) => JSON.stringify(event));
        const { events: found, closed } = await log();
        const ending = closed ? found.pop() : undefined;
        expect(found).toEqual(expected.slice(0, found.length));
        if (ending === end) expect(found).toEqual(expected);
        const isLost = steps.includes('loses the lease') || steps.includes('rejects');
        if (!isLost) expect(closed).toBe(true);
        const isCalm = steps.every((each) => each !== 'refuses') && !isLost;
        if (isCalm && bounds.maxPendingBytes + bounds.maxPendingEvents === 200_000) {
          expect(ending).toBe(end);
        }
      },
    );
    await fc.assert(law, { numRuns: 150 });
  });

  test('arrives whole, or ends with an error, when it is several MiB', async () => {
    const events = Array.from({ length: 300 }, (__, index) => `${index} ${'x'.repeat(10_000)}`);
    const whole = await setUp();
    await logged(whole.producer, handler(events));
    expect((await whole.log()).events).toEqual([...events.map((e) => JSON.stringify(e)), end]);
    const bounded = await setUp(Array.from({ length: 50 }, () => 'slow' as const));
    await logged(bounded.producer, handler(events), { maxPendingBytes: 1_000_000 });
    const { events: found, closed } = await bounded.log();
    expect(closed).toBe(true);
    if (found.at(-1) === end) expect(found).toHaveLength(301);
    else expect(found.at(-1)).toMatch(/^failed: An Observable emitted more than 1000000 bytes/);
  });
});

describe('payloads', () => {
  it.each([
    ['a circular one', circular()],
    ['a bigint', 1n],
    ['one whose getter throws', throwing()],
  ])('of %s end their own stream with an error', async (_, event) => {
    for (const handler of Object.values(handlers)) {
      const { producer, log } = await setUp();
      await logged(producer, handler(['before', event, 'after']));
      const { events } = await log();
      expect(events).toEqual(['"before"', expect.stringMatching(/^failed: /)]);
    }
  });

  it('stop an Observable that would emit for ever in one turn', async () => {
    const { producer, log } = await setUp();
    const over = new Subject<void>();
    let emitted = 0;
    const endless = new Observable<number>((subscriber) => {
      over.subscribe(() => subscriber.complete());
      while (!subscriber.closed) subscriber.next((emitted += 1));
    });
    await logged(producer, endless, { maxPendingEvents: 10, unsubscribe: () => over.next() });
    expect(emitted).toBe(11);
    expect((await log()).events).toHaveLength(12);
  });

  it('ask a generator for the next event only when the last one is logged', async () => {
    const { store, producer } = await setUp(['slow', 'slow', 'slow']);
    let [asked, answered] = [0, 0];
    const append = store.append.bind(store);
    store.append = async (...args) => append(...args).finally(() => (answered += 1));
    const source = (async function* () {
      for (asked = 1; asked < 5; asked += 1) {
        expect(asked - answered).toBe(1);
        yield await Promise.resolve(asked);
      }
    })();
    await logged(producer, source);
    expect(answered).toBe(5);
  });

  it('log what a web stream has brought meanwhile in one append', async () => {
    const { store, producer, log } = await setUp();
    const appended: number[] = [];
    const append = store.append.bind(store);
    store.append = (...args) => {
      appended.push(args[3].length);
      return append(...args);
    };
    const events = Array.from({ length: 200 }, (_, index) => index);
    await logged(producer, stream(events));
    expect((await log()).events).toEqual([...events.map(String), end]);
    // The first event, what came with it, and the end.
    expect(appended.length).toBeLessThanOrEqual(4);
  });

  it('read a web stream a little further while the store is slow, and no more', async () => {
    const { store, producer, log } = await setUp();
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const append = store.append.bind(store);
    store.append = async (...args) => {
      await gate;
      return append(...args);
    };
    let pulled = 0;
    const source = new ReadableStream<unknown>({
      pull(controller) {
        pulled += 1;
        if (pulled <= 1000) controller.enqueue(pulled);
        else controller.close();
      },
    });
    const whole = logged(producer, source);
    for (let before = -1; before !== pulled;) {
      before = pulled;
      await nextTurn();
    }
    expect(pulled).toBeGreaterThan(256);
    expect(pulled).toBeLessThan(270);
    go();
    await whole;
    expect((await log()).events).toHaveLength(1001);
  });

  it('take a chunk of a web stream that is larger than what may wait of an Observable', async () => {
    const { producer, log } = await setUp();
    const chunks = ['a', 'x'.repeat(5000), 'b'];
    await logged(producer, stream(chunks), { maxPendingBytes: 100, encode: String });
    expect((await log()).events).toEqual([...chunks, end]);
  });

  it('give up a source whose stream is stopped, even if it stands still', async () => {
    const { store, clock, producer, log } = await setUp();
    let returned = false;
    const source: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: () => {
          returned = true;
          return new Promise(() => undefined);
        },
      }),
    };
    const whole = logged(producer, source);
    await store.requestCancel(producer.id);
    await clock.advanceAsync(2000);
    await whole;
    expect(returned).toBe(true);
    expect((await log()).events).toEqual([expect.stringMatching(/^failed: .* was cancelled/)]);
  });

  it.each(['Readable', 'web stream'])('stop a quiet %s itself', async (kind) => {
    const { store, clock, producer } = await setUp();
    let cancelled = false;
    const readable = new Readable({ objectMode: true, read: () => undefined });
    const web = new ReadableStream<unknown>({ cancel: () => void (cancelled = true) });
    const whole = logged(producer, kind === 'Readable' ? readable : web);
    await store.requestCancel(producer.id);
    await clock.advanceAsync(2000);
    await whole;
    expect(kind === 'Readable' ? readable.destroyed : cancelled).toBe(true);
  });

  it('log the failure of a Readable that failed before it was read', async () => {
    const { producer, log } = await setUp();
    const readable = new Readable({ read: () => undefined });
    const payloads = payloadsFrom(readable, { encode: String, signal: producer.signal });
    readable.destroy(new Error('no such file'));
    await nextTurn();
    await logAll(producer, payloads, last);
    expect((await log()).events).toEqual(['failed: no such file']);
  });

  it('log what came before a web stream failed, and no end', async () => {
    const { producer, log } = await setUp();
    const chunks = ['a'];
    const source = new ReadableStream<unknown>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.error(new Error('no more'));
        else controller.enqueue(chunk);
      },
    });
    await logged(producer, source);
    expect((await log()).events).toEqual(['"a"', 'failed: no more']);
  });

  it('log what came before the source failed', async () => {
    const { producer, log } = await setUp();
    const source = new Observable((subscriber) => {
      subscriber.next('a');
      subscriber.error(new Error('no more'));
    });
    await logged(producer, source);
    expect((await log()).events).toEqual(['"a"', 'failed: no more']);
  });
});

function circular(): object {
  const event: Record<string, unknown> = {};
  event['self'] = event;
  return event;
}

function throwing(): object {
  return {
    get text(): string {
      throw new Error('not readable');
    },
  };
}
