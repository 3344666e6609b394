import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from './testing/manual-clock.js';
import { StoreUnavailableError } from './errors.js';
import { MemoryResumeStore } from './memory-store.js';
import { StreamProducers, type StreamProducersOptions } from './stream-producers.js';

const order = { principal: 'alice', request: 'the request' };

/** A memory store that notes the batches and can be made to fail. */
class WatchedStore extends MemoryResumeStore {
  readonly batches: (readonly string[])[] = [];
  failures = 0;
  error: Error = new StoreUnavailableError('connection lost');
  /** Whether a failing append is logged all the same: only its answer is lost. */
  losesAnswers = false;

  override async append(...args: Parameters<MemoryResumeStore['append']>) {
    this.batches.push(args[3]);
    if (this.failures === 0) return super.append(...args);
    this.failures--;
    if (this.losesAnswers) await super.append(...args);
    throw this.error;
  }
}

async function setUp(
  options: Partial<StreamProducersOptions> & { maxStreamBytes?: number; maxBytes?: number } = {},
) {
  const { maxStreamBytes = 10_000, maxBytes = 64 * 1024 * 1024, ...streamOptions } = options;
  const clock = new ManualClock();
  const store = new WatchedStore({ clock, maxStreamBytes, maxBytes });
  const open = () => new StreamProducers({ store, clock, lease: 3, ttl: 60, ...streamOptions });
  const streams = open();
  const started = await streams.start(order);
  if (started.outcome !== 'started') throw new Error(started.outcome);
  const { producer } = started;
  const log = async () => {
    const page = await store.read(producer.id, -1, 10_000);
    return page.outcome === 'page' ? page.events.map((event) => event.payload) : page;
  };
  const head = async () => {
    const found = await store.head(producer.id);
    return found.outcome === 'found' ? found.head : undefined;
  };
  return { clock, store, streams, producer, log, head, open };
}

const stoppedFor = (reason: string) => expect.objectContaining({ reason });

describe('resumable producer', () => {
  it('numbers events as they are written and logs those of a tick in one batch', async () => {
    const { store, producer, log } = await setUp();
    expect(producer.cursor).toEqual({ id: producer.id, next: 0 });
    const writes = [producer.write('a'), producer.write('b')];
    expect(producer.cursor.next).toBe(2);
    expect(store.batches).toEqual([]);
    expect(await Promise.all(writes)).toEqual([0, 1]);
    expect(store.batches).toEqual([['a', 'b']]);
    expect(await log()).toEqual(['a', 'b']);
  });

  it('is one for an id that two calls of its process start at the same time', async () => {
    const { streams, store } = await setUp();
    const id = await store.newId();
    const starts = [streams.start({ ...order, id }), streams.start({ ...order, id })];
    const outcomes = (await Promise.all(starts)).map(({ outcome }) => outcome);
    expect(outcomes.sort()).toEqual(['exists', 'started']);
  });

  it('leaves the event loop its turns, also where the store answers at once', async () => {
    const { producer } = await setUp();
    let turns = 0;
    const count = (): NodeJS.Immediate => setImmediate(() => ((turns += 1), (next = count())));
    let next = count();
    for (let event = 0; event < 20; event += 1) await producer.write('x');
    clearImmediate(next);
    expect(turns).toBeGreaterThanOrEqual(19);
  });

  it('has one append under way, and gathers what is written meanwhile', async () => {
    const { store, producer } = await setUp();
    const first = producer.write('a');
    const rest = first.then(() => Promise.all([producer.write('b'), producer.write('c')]));
    expect(await rest).toEqual([1, 2]);
    expect(store.batches).toEqual([['a'], ['b', 'c']]);
  });

  it('closes the log behind its last event and then wants nothing more', async () => {
    const { clock, streams, producer, log, head } = await setUp();
    void producer.write('a');
    expect(await producer.close('end')).toBe(1);
    expect(await log()).toEqual(['a', 'end']);
    expect((await head())?.closed).toBe(true);
    await expect(producer.write('b')).rejects.toEqual(stoppedFor('closed'));
    await expect(producer.close('b')).rejects.toEqual(stoppedFor('closed'));
    expect(producer.signal.aborted).toBe(false);
    expect([streams.size, clock.pending]).toEqual([0, 0]);
  });

  it('logs a very long burst in batches and in order', async () => {
    const { store, producer, log } = await setUp();
    const events = Array.from({ length: 1000 }, (_, index) => `${index}`);
    const writes = events.map((event) => producer.write(event));
    expect(await Promise.all(writes)).toEqual(events.map(Number));
    expect(await log()).toEqual(events);
    expect(store.batches.length).toBe(4);
  });

  it.each([false, true])(
    'repeats what failed until it is logged, once (answers lost: %s)',
    async (losesAnswers) => {
      const { clock, store, producer, log } = await setUp();
      Object.assign(store, { failures: 5, losesAnswers });
      const writes = [producer.write('a'), producer.write('b')];
      await clock.advanceAsync(5000);
      expect(await Promise.all(writes)).toEqual([0, 1]);
      expect(await log()).toEqual(['a', 'b']);
      expect(store.batches).toHaveLength(6);
    },
  );

  it('gives up when the store stays away longer than `storeTimeout`', async () => {
    const { clock, store, producer, streams } = await setUp({ storeTimeout: 10 });
    store.failures = Infinity;
    const write = producer.write('a');
    await clock.advanceAsync(9000);
    expect(producer.signal.aborted).toBe(false);
    await clock.advanceAsync(3000);
    await expect(write).rejects.toEqual(stoppedFor('unavailable'));
    expect(producer.signal.reason).toEqual(stoppedFor('unavailable'));
    expect(streams.size).toBe(0);
  });

  it('stops when another replica has taken the stream over, and writes nothing', async () => {
    // As SIGSTOP does: the process stands still while the store's time goes on.
    const { clock, producer, open, log } = await setUp({ clock: new ManualClock() });
    await producer.write('a');
    clock.advance(4000);
    const taken = await open().takeOver(producer.id);
    if (taken.outcome !== 'takenOver') throw new Error(taken.outcome);
    expect(taken.producer.cursor.next).toBe(1);
    await expect(producer.write('zombie')).rejects.toEqual(stoppedFor('fenced'));
    expect(producer.signal.reason).toEqual(stoppedFor('fenced'));
    await taken.producer.write('b');
    expect(await log()).toEqual(['a', 'b']);
  });

  it('learns that it was replaced from a renewal, even if it has nothing to write', async () => {
    const { clock, store, producer, head } = await setUp();
    await store.release(producer.id, (await head())?.epoch ?? 0);
    await clock.advanceAsync(2000);
    expect(producer.signal.reason).toEqual(stoppedFor('fenced'));
  });

  it('keeps its stream alive as long as it lives', async () => {
    const { clock, store, producer } = await setUp();
    await clock.advanceAsync(300_000);
    expect(await store.claim(producer.id, 'other')).toEqual({ outcome: 'held' });
    expect(await producer.write('late')).toBe(0);
  });

  it('hears of a cancel and can still say goodbye', async () => {
    const { clock, store, producer, log } = await setUp();
    await store.requestCancel(producer.id);
    await clock.advanceAsync(2000);
    expect(producer.signal.reason).toEqual(stoppedFor('cancelled'));
    await producer.write('last words');
    await producer.close('cancelled');
    expect(await log()).toEqual(['last words', 'cancelled']);
  });

  it('that outgrew its log refuses what follows, its close too, and can still fail', async () => {
    const { producer, log } = await setUp({ maxStreamBytes: 1000 });
    await producer.write('x'.repeat(900));
    const [large, next] = [producer.write('y'.repeat(100_000)), producer.write('z')];
    const close = producer.close('end');
    await expect(large).rejects.toEqual(stoppedFor('tooLarge'));
    await expect(next).rejects.toEqual(stoppedFor('tooLarge'));
    await expect(close).rejects.toEqual(stoppedFor('tooLarge'));
    expect(producer.signal.reason).toEqual(stoppedFor('tooLarge'));
    await expect(producer.write('z')).rejects.toEqual(stoppedFor('tooLarge'));
    await expect(producer.close('end')).rejects.toEqual(stoppedFor('tooLarge'));
    expect(producer.cursor.next).toBe(1);
    expect(await producer.fail('failed')).toBe(1);
    expect(await log()).toEqual(['x'.repeat(900), 'failed']);
  });

  it('logs a failure behind a write that is refused only then', async () => {
    const { producer, log } = await setUp({ maxStreamBytes: 1000 });
    const large = producer.write('y'.repeat(100_000));
    const failure = producer.fail('failed');
    await expect(large).rejects.toEqual(stoppedFor('tooLarge'));
    expect(await failure).toBe(0);
    expect(await log()).toEqual(['failed']);
  });

  it('that is faster than its store is stopped, without losing what it was promised', async () => {
    const { producer, log } = await setUp({ maxPendingBytes: 4 });
    const writes = [producer.write('aaaa'), producer.write('b')];
    await expect(producer.write('c')).rejects.toEqual(stoppedFor('backlog'));
    expect(producer.signal.reason).toEqual(stoppedFor('backlog'));
    expect(await Promise.all(writes)).toEqual([0, 1]);
    await expect(producer.close('end')).rejects.toEqual(stoppedFor('backlog'));
    expect(await producer.fail('failed')).toBe(2);
    expect(await log()).toEqual(['aaaa', 'b', 'failed']);
  });

  it('does not repeat what repeating cannot mend, and says so', async () => {
    const { clock, store, producer, log } = await setUp();
    Object.assign(store, { failures: 1, error: new Error('WRONGTYPE') });
    await expect(producer.write('a')).rejects.toEqual(stoppedFor('rejected'));
    expect([store.batches.length, clock.pending]).toEqual([1, 1]);
    expect(producer.signal.reason).toMatchObject({ cause: { message: 'WRONGTYPE' } });
    expect(await producer.fail('failed')).toBe(0);
    expect(await log()).toEqual(['failed']);
  });

  it('gives its stream up when not even its failure can be logged', async () => {
    const { clock, store, producer, streams } = await setUp();
    Object.assign(store, { failures: Infinity, error: new Error('WRONGTYPE') });
    await expect(producer.write('a')).rejects.toEqual(stoppedFor('rejected'));
    await expect(producer.fail('failed')).rejects.toEqual(stoppedFor('rejected'));
    await producer.ended;
    expect([streams.size, clock.pending]).toEqual([0, 0]);
  });
});

describe('resumable streams', () => {
  it('hand off at once what is unfinished, and take nothing over from then on', async () => {
    const { clock, store, streams, producer, open, log } = await setUp();
    await producer.write('a');
    const late = producer.write('late');
    expect(await streams.handOff()).toBe(1);
    await expect(late).rejects.toEqual(stoppedFor('released'));
    expect(producer.signal.reason).toEqual(stoppedFor('released'));
    expect(await store.listLapsed(10)).toEqual([producer.id]);
    expect(await streams.takeOver(producer.id)).toEqual({ outcome: 'handingOff' });
    const taken = await open().takeOver(producer.id);
    expect(taken).toMatchObject({ outcome: 'takenOver', head: order });
    expect(await log()).toEqual(['a']);
    expect([streams.size, clock.pending]).toEqual([0, 1]);
  });

  it('hand over the wish to cancel with the stream', async () => {
    const { store, streams, producer, open } = await setUp();
    await store.requestCancel(producer.id);
    await streams.handOff();
    const taken = await open().takeOver(producer.id);
    expect(taken.outcome === 'takenOver' && taken.producer.signal.reason).toEqual(
      stoppedFor('cancelled'),
    );
  });

  it('hand off what they can if the store is away for some', async () => {
    const errors: unknown[] = [];
    const { store, streams, producer } = await setUp({ onError: (error) => errors.push(error) });
    await streams.start(order);
    const release = store.release.bind(store);
    store.release = (id, epoch) =>
      id === producer.id ? Promise.reject(new Error('away')) : release(id, epoch);
    expect(await streams.handOff()).toBe(1);
    expect(errors).toHaveLength(1);
    expect(streams.size).toBe(0);
  });

  it('say when too many took a stream over and fell silent before they logged an event', async () => {
    const { clock, store, producer, open, log } = await setUp({ maxAttempts: 2 });
    await producer.write('a');
    // Every owner stops without a word, as a killed process does; the store's time goes on.
    const takeOver = async () => {
      clock.advance(4000);
      const taken = await open().takeOver(producer.id);
      if (taken.outcome !== 'takenOver') throw new Error(taken.outcome);
      return taken;
    };
    store.renew = () => Promise.reject(new StoreUnavailableError('the process is gone'));
    expect((await takeOver()).isExhausted).toBe(false);
    expect((await takeOver()).isExhausted).toBe(false);
    const third = await takeOver();
    expect(third.isExhausted).toBe(true);
    await third.producer.fail('failed');
    expect(await log()).toEqual(['a', 'failed']);
  });

  it('do not take over what is alive or closed, and say so', async () => {
    const { producer, open } = await setUp();
    expect(await open().takeOver(producer.id)).toEqual({ outcome: 'held' });
    await producer.close('end');
    expect(await open().takeOver(producer.id)).toEqual({ outcome: 'closed' });
  });

  it('refuse times that cannot work together', () => {
    const store = new MemoryResumeStore();
    expect(() => new StreamProducers({ store, lease: 60, ttl: 60 })).toThrow(/`ttl` \(60 s\)/);
    expect(() => new StreamProducers({ store, lease: 0 })).toThrow(/`lease` is 0/);
    expect(() => new StreamProducers({ store, storeTimeout: NaN })).toThrow(
      /`storeTimeout` is NaN/,
    );
  });
});

const size = fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 9 }) }, fc.constant(600_000));

/** What one tick writes: some calls, each with the sizes of its events. */
const tick = fc.array(fc.array(size, { minLength: 1, maxLength: 300 }), { maxLength: 4 });

describe('events that are written in any pieces, to a store that fails now and then', () => {
  it('are logged once and in order, each tick in one batch as far as a batch may grow', async () => {
    const law = fc.asyncProperty(
      fc.array(tick, { maxLength: 5 }),
      fc.nat(3),
      async (ticks, failures) => {
        const bounds = { maxPendingBytes: 1e12, maxStreamBytes: 1e12, maxBytes: 1e13 };
        const { store, producer, log, clock } = await setUp(bounds);
        store.failures = failures;
        store.losesAnswers = failures % 2 === 1;
        const [events, promised]: [string[], Promise<number>[]] = [[], []];
        for (const writes of ticks) {
          for (const sizes of writes) {
            const payloads = sizes.map(
              (length, index) => `${events.length + index}:${'x'.repeat(length)}`,
            );
            events.push(...payloads);
            promised.push(producer.writeAll(payloads));
            expect(producer.cursor.next).toBe(events.length);
          }
          for (let left = failures + 1; left > 0; left -= 1) await clock.advanceAsync(50);
        }
        await clock.advanceAsync(2000);
        const lasts = ticks.flat().map(({ length }) => length);
        const expected = lasts.map(
          (_, index) => lasts.slice(0, index + 1).reduce((a, b) => a + b, 0) - 1,
        );
        expect(await Promise.all(promised)).toEqual(expected);
        expect(await log()).toEqual(events);
        for (const batch of store.batches) {
          expect(batch.length).toBeLessThanOrEqual(256);
          const before = batch.slice(0, -1).reduce((sum, event) => sum + event.length, 0);
          expect(before).toBeLessThanOrEqual(1024 * 1024);
        }
        if (failures === 0) {
          const full = events.length / 256 + events.join('').length / 1024 / 1024;
          expect(store.batches.length).toBeLessThanOrEqual(ticks.length + full);
        }
      },
    );
    await fc.assert(law, { numRuns: 60 });
  });

  it('may be as many as there are, as long as few of them wait', async () => {
    const { producer, log } = await setUp({ maxPendingBytes: 10 });
    for (let count = 0; count < 20; count += 1) await producer.write('seven b');
    expect(await log()).toHaveLength(20);
  });

  it('may be none: what was written before is waited for', async () => {
    const { producer, log } = await setUp();
    expect(await producer.writeAll([])).toBe(-1);
    const promised = [producer.writeAll(['a', 'b']), producer.writeAll([])];
    expect(await Promise.all(promised)).toEqual([1, 1]);
    expect(await producer.writeAll([])).toBe(1);
    await producer.close('end');
    expect(await log()).toEqual(['a', 'b', 'end']);
    await expect(producer.writeAll([])).rejects.toThrow();
  });

  it('reject together behind a failure, which alone is logged', async () => {
    const { store, producer, log } = await setUp();
    store.failures = 1;
    store.error = new TypeError('no');
    const refused = [producer.write('a'), producer.writeAll(['b', 'c'])];
    const failed = producer.fail('why');
    const outcomes = await Promise.allSettled(refused);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await failed).toBe(0);
    expect(await log()).toEqual(['why']);
  });
});
