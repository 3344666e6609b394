import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { describe, expect, it, test } from '@jest/globals';
import { ManualClock } from './testing/manual-clock.js';
import { resumeStoreContract } from './testing/resume-store-contract.js';
import { withCodec, type PayloadCodec, type PayloadPlace } from './codec.js';
import { MemoryResumeStore } from './memory-store.js';

const key = randomBytes(32);
const associated = ({ id, part }: PayloadPlace) => Buffer.from(`${id}/${part}`);

/** The codec of docs/resume.md: encrypts, and binds every text to its place. */
const aes: PayloadCodec = {
  encode(text, place) {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associated(place));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  },
  decode(text, place) {
    const bytes = Buffer.from(text, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
    cipher.setAAD(associated(place)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]).toString('utf8');
  },
};

describe('a store with a codec, by the contract', () => {
  const checks = resumeStoreContract({
    open: () => {
      const clock = new ManualClock();
      const store = withCodec(new MemoryResumeStore({ clock }), aes);
      return { store, advance: (seconds) => clock.advance(seconds * 1000) };
    },
  });
  for (const check of checks) test(check.name, () => check.run());
});

describe('a codec', () => {
  it('hides requests and events from the store, wherever they are read', async () => {
    const inner = new MemoryResumeStore({ clock: new ManualClock() });
    const store = withCodec(inner, aes);
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
    const store = withCodec(inner, aes);
    const id = await store.newId();
    const times = { lease: 5, ttl: 60 };
    const created = await store.create({ id, owner: 'one', principal: '', request: '', ...times });
    const epoch = created.outcome === 'created' ? created.epoch : 0;
    await inner.append(id, epoch, 0, [aes.encode('text', { id, part: 1 })]);
    await expect(store.read(id, -1, 9)).rejects.toThrow(/authenticate/);
  });
});
