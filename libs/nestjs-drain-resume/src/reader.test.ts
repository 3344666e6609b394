import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './testing/manual-clock.js';
import { MemoryResumeStore } from './memory-store.js';
import { findStream, openReader, type ResumableReader } from './reader.js';

async function setUp() {
  const store = new MemoryResumeStore({ clock: new ManualClock() });
  const id = await store.newId();
  const times = { lease: 5, ttl: 60 };
  const created = await store.create({ id, owner: 'o', principal: 'alice', request: '', ...times });
  const epoch = created.outcome === 'created' ? created.epoch : 0;
  const append = (first: number, events: string[], terminal = false) =>
    store.append(id, epoch, first, events, terminal);
  const open = (after: number, principal = 'alice') => openReader(store, { id, principal, after });
  return { store, id, append, open };
}

async function readerFrom(opening: ReturnType<typeof openReader>): Promise<ResumableReader> {
  const opened = await opening;
  if (opened.outcome !== 'open') throw new Error(opened.outcome);
  return opened.reader;
}

async function payloads(reader: ResumableReader): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of reader.events(new AbortController().signal)) seen.push(event.payload);
  return seen;
}

describe('resumable reader', () => {
  it('replays what follows and goes on to the end', async () => {
    const { append, open } = await setUp();
    await append(0, ['a', 'b']);
    const reading = payloads(await readerFrom(open(0)));
    await append(2, ['end'], true);
    expect(await reading).toEqual(['b', 'end']);
  });

  it('knows that a finished reader has nothing left to read', async () => {
    const { append, open } = await setUp();
    await append(0, ['a', 'b']);
    expect((await readerFrom(open(1))).isAtEnd).toBe(false);
    await append(2, ['end'], true);
    expect((await readerFrom(open(1))).isAtEnd).toBe(false);
    const reader = await readerFrom(open(2));
    expect(reader.isAtEnd).toBe(true);
    expect(await payloads(reader)).toEqual([]);
  });

  it('refuses a reader that has seen more than there is', async () => {
    const { append, open } = await setUp();
    await append(0, ['a']);
    expect(await open(1)).toEqual({ outcome: 'ahead', next: 1 });
  });

  it('tells anyone but the creator that the stream is unknown, wherever they ask from', async () => {
    const { store, id, append, open } = await setUp();
    await append(0, ['a']);
    const unknown = { outcome: 'unknown' };
    expect(await open(-1, 'mallory')).toEqual(unknown);
    expect(await open(5, 'mallory')).toEqual(unknown);
    expect(await findStream(store, id, 'mallory')).toEqual(unknown);
    expect(await findStream(store, await store.newId(), 'mallory')).toEqual(unknown);
    expect((await findStream(store, id, 'alice')).outcome).toBe('found');
  });

  it('never continues a log that is not the one it was opened on', async () => {
    const { store, append, open } = await setUp();
    await append(0, ['a']);
    const reader = await readerFrom(open(-1));
    const tail = store.tail.bind(store);
    store.tail = async function* (...args) {
      for await (const page of tail(...args)) yield { ...page, incarnation: 'another' };
    };
    await expect(payloads(reader)).rejects.toMatchObject({ reason: 'gone' });
  });
});
