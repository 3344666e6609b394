import { describe, expect, it, test } from '@jest/globals';
import { ManualClock } from './testing/manual-clock.js';
import { resumeStoreContract } from './testing/resume-store-contract.js';
import { MemoryResumeStore, type MemoryStoreOptions } from './memory-store.js';

const limits = {
  maxStreamBytes: 20_000,
  maxStreamsPerPrincipal: 5,
  maxBytesPerPrincipal: 30_000,
};

describe('memory store, by the contract', () => {
  const checks = resumeStoreContract({
    ...limits,
    open: () => {
      const clock = new ManualClock();
      const store = new MemoryResumeStore({ ...limits, clock });
      return { store, advance: (seconds) => clock.advance(seconds * 1000) };
    },
  });
  for (const check of checks) test(check.name, () => check.run());
});

describe('memory store', () => {
  function setUp(options: MemoryStoreOptions = {}) {
    const clock = new ManualClock();
    const store = new MemoryResumeStore({ ...options, clock });
    const create = async (request = '', principal = 'alice') => {
      const id = await store.newId();
      const order = { id, owner: 'one', principal, request, lease: 5, ttl: 60 };
      return { id, created: await store.create(order) };
    };
    const close = async ({ id, created }: Awaited<ReturnType<typeof create>>) => {
      if (created.outcome === 'created') await store.append(id, created.epoch, 0, ['end'], true);
    };
    return { clock, store, create, close };
  }

  it('says that no other process sees its streams', () => {
    expect(setUp().store.shared).toBe(false);
  });

  it('refuses a bound that would keep nothing', () => {
    expect(() => setUp({ maxStreams: 0 })).toThrow('`maxStreams` is 0; set a number above 0.');
  });

  it('calls the streams of the process before it gone', async () => {
    const before = await setUp().create();
    expect(await setUp().store.head(before.id)).toEqual({ outcome: 'gone' });
  });

  it('drops the oldest closed stream for a new one, and never an open one', async () => {
    const { store, create, close } = setUp({ maxStreams: 3 });
    const open = await create();
    const closed = await create();
    const closedLater = await create();
    await close(closed);
    await close(closedLater);
    expect((await create()).created.outcome).toBe('created');
    expect((await store.head(closed.id)).outcome).toBe('unknown');
    expect((await store.head(closedLater.id)).outcome).toBe('found');
    expect((await create()).created.outcome).toBe('created');
    expect((await create()).created.outcome).toBe('full');
    expect((await store.head(open.id)).outcome).toBe('found');
  });

  it('holds no more bytes than it may, requests included', async () => {
    const { store, create, close } = setUp({ maxBytes: 1_000, maxBytesPerPrincipal: 2_000 });
    const closed = await create('x'.repeat(400));
    await close(closed);
    const open = await create('x'.repeat(400));
    expect((await create('x'.repeat(300))).created.outcome).toBe('created');
    expect((await store.head(closed.id)).outcome).toBe('unknown');
    expect((await create('x'.repeat(301))).created.outcome).toBe('full');
    const epoch = open.created.outcome === 'created' ? open.created.epoch : 0;
    expect((await store.append(open.id, epoch, 0, ['x'.repeat(301)])).outcome).toBe('tooLarge');
    expect((await store.append(open.id, epoch, 0, ['x'.repeat(300)])).outcome).toBe('appended');
  });

  it('gives the room of expired streams to new ones', async () => {
    const { clock, create } = setUp({
      maxBytes: 1_000,
      maxBytesPerPrincipal: 2_000,
      maxStreams: 2,
    });
    await create('x'.repeat(500));
    await create('x'.repeat(500));
    expect((await create()).created.outcome).toBe('full');
    clock.advance(60_000);
    expect((await create('x'.repeat(900))).created.outcome).toBe('created');
  });

  it('leaves no timer armed', async () => {
    const { clock, store, create, close } = setUp();
    const stream = await create();
    const stop = new AbortController();
    const reading = store.tail(stream.id, -1, stop.signal)[Symbol.asyncIterator]();
    const first = reading.next();
    await close(stream);
    await first;
    await reading.next();
    expect(clock.pending).toBe(0);
  });

  it('ends a tail whose stream expires', async () => {
    const { clock, store, create } = setUp();
    const { id } = await create();
    const next = store.tail(id, -1, new AbortController().signal)[Symbol.asyncIterator]().next();
    const ended = expect(next).rejects.toMatchObject({ reason: 'gone' });
    await clock.advanceAsync(61_000);
    await ended;
  });
});
