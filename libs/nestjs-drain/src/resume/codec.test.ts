import { describe, expect, it, test } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { resumeStoreContract } from '../testing/resume-store-contract.js';
import { withCodec, type PayloadCodec } from './codec.js';
import { MemoryResumeStore } from './memory-store.js';

const place = (id: string, part: number | 'request') => `${id}/${part}:`;

/** Writes texts backwards and binds them to their place. */
const backwards: PayloadCodec = {
  encode: (text, { id, part }) => [...(place(id, part) + text)].reverse().join(''),
  decode: (text, { id, part }) => {
    const decoded = [...text].reverse().join('');
    if (!decoded.startsWith(place(id, part))) throw new Error('not written here');
    return decoded.slice(place(id, part).length);
  },
};

describe('a store with a codec, by the contract', () => {
  const checks = resumeStoreContract({
    open: () => {
      const clock = new ManualClock();
      const store = withCodec(new MemoryResumeStore({ clock }), backwards);
      return { store, advance: (seconds) => clock.advance(seconds * 1000) };
    },
  });
  for (const check of checks) test(check.name, () => check.run());
});

describe('a codec', () => {
  it('hides requests and events from the store, wherever they are read', async () => {
    const inner = new MemoryResumeStore({ clock: new ManualClock() });
    const store = withCodec(inner, backwards);
    const id = await store.newId();
    const times = { lease: 5, ttl: 60 };
    await store.create({ id, owner: 'one', principal: 'alice', request: 'secret', ...times });
    const found = await inner.head(id);
    const epoch = found.outcome === 'found' ? found.head.epoch : 0;
    await store.append(id, epoch, 0, ['first', 'second'], true);
    expect(JSON.stringify([found, await inner.read(id, -1, 9)])).not.toMatch(/secret|first|second/);
    expect(await store.head(id)).toMatchObject({ head: { request: 'secret' } });
    expect(await store.read(id, 0, 9)).toMatchObject({ events: [{ payload: 'second' }] });
  });

  it('that knows its places refuses an event that was moved', async () => {
    const inner = new MemoryResumeStore({ clock: new ManualClock() });
    const store = withCodec(inner, backwards);
    const id = await store.newId();
    const times = { lease: 5, ttl: 60 };
    const created = await store.create({ id, owner: 'one', principal: '', request: '', ...times });
    const epoch = created.outcome === 'created' ? created.epoch : 0;
    await inner.append(id, epoch, 0, [backwards.encode('text', { id, part: 1 })]);
    await expect(store.read(id, -1, 9)).rejects.toThrow('not written here');
  });
});
