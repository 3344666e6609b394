import assert from 'node:assert/strict';
import type { ContractLaw } from './contract-bench.js';

/** Laws of tails and of the time a stream is kept. */
export const lifeLaws: Record<string, ContractLaw> = {
  'a tail replays, then follows, and ends behind the terminal event': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a', 'b']);
    const whole = bench.tail(id, -1, Infinity, bench.other);
    const rest = bench.tail(id, 0);
    await bench.append(id, epoch, 2, ['c']);
    await bench.append(id, epoch, 3, ['end'], true);
    assert.deepEqual(await whole, ['a', 'b', 'c', 'end']);
    assert.deepEqual(await rest, ['b', 'c', 'end']);
    assert.deepEqual(await bench.tail(id, 3), []);
  },

  'a tail replays a log of many pages without a gap': async (bench) => {
    const { id, epoch } = await bench.create();
    const events = Array.from({ length: 1000 }, (_, index) => `event ${index}`);
    await bench.append(id, epoch, 0, events, true);
    assert.deepEqual(await bench.tail(id, -1), events);
  },

  'a tail goes on through a take-over': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a']);
    const tail = bench.tail(id, -1, Infinity, bench.other);
    await bench.store.release(id, epoch);
    const next = await bench.claim(id, 'two');
    await bench.append(id, next, 1, ['end'], true);
    assert.deepEqual(await tail, ['a', 'end']);
  },

  'an abort ends a tail quietly': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a']);
    assert.deepEqual(await bench.tail(id, -1, 1), ['a']);
    const stop = new AbortController();
    const waiting = bench.store.tail(id, 0, stop.signal)[Symbol.asyncIterator]().next();
    stop.abort();
    assert.equal((await waiting).done, true);
  },

  'a tail of what cannot be read throws what a read would return': async (bench) => {
    const { id } = await bench.create();
    await assert.rejects(bench.tail('nobody', -1), { reason: 'unknown' });
    await assert.rejects(bench.tail(id, 0), { reason: 'ahead' });
  },

  'what never was is unknown': async (bench) => {
    const id = await bench.store.newId();
    const unknown = { outcome: 'unknown' };
    assert.deepEqual(await bench.store.head(id), unknown);
    assert.deepEqual(await bench.store.read(id, -1, 1), unknown);
    assert.deepEqual(await bench.store.claim(id, 'one'), unknown);
    assert.deepEqual(await bench.store.requestCancel(id), unknown);
    assert.deepEqual(await bench.store.append(id, 1, 0, ['a']), { outcome: 'gone' });
    assert.deepEqual(await bench.store.renew(id, 1), { outcome: 'gone' });
    assert.deepEqual(await bench.store.release(id, 1), { outcome: 'gone' });
  },

  'a deleted stream is not there, for its readers and its owner': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a']);
    const pages = bench.other.tail(id, -1, new AbortController().signal)[Symbol.asyncIterator]();
    await pages.next();
    const tailEnds = assert.rejects(pages.next(), { reason: 'gone' });
    assert.deepEqual(await bench.other.delete(id), { outcome: 'deleted' });
    assert.deepEqual(await bench.store.delete(id), { outcome: 'unknown' });
    assert.deepEqual(await bench.store.head(id), { outcome: 'unknown' });
    assert.deepEqual(await bench.store.append(id, epoch, 1, ['b']), { outcome: 'gone' });
    assert.deepEqual(await bench.store.renew(id, epoch), { outcome: 'gone' });
    assert.deepEqual(await bench.store.claim(id, 'two'), { outcome: 'unknown' });
    assert.ok(!(await bench.store.listLapsed(100)).includes(id));
    await tailEnds;
  },

  'an id that was deleted names another stream afterwards': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a', 'b'], true);
    const before = await bench.store.head(id);
    await bench.store.delete(id);
    const created = await bench.store.create(bench.order(id, 'one'));
    const after = await bench.store.head(id);
    assert.ok(created.outcome === 'created' && created.epoch !== epoch);
    assert.ok(before.outcome === 'found' && after.outcome === 'found');
    assert.notEqual(before.head.incarnation, after.head.incarnation);
    assert.deepEqual(await bench.log(id), []);
  },

  'a stream that began anew is not deleted in the place of the one that was meant': async (
    bench,
  ) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a'], true);
    const before = await bench.store.head(id);
    assert.ok(before.outcome === 'found');
    await bench.other.delete(id, before.head.incarnation);
    await bench.store.create(bench.order(id, 'two'));
    const late = await bench.other.delete(id, before.head.incarnation);
    assert.deepEqual(late, { outcome: 'gone' });
    const after = await bench.store.head(id);
    assert.ok(after.outcome === 'found');
    assert.deepEqual(await bench.other.delete(id, after.head.incarnation), { outcome: 'deleted' });
    assert.deepEqual(await bench.store.head(id), { outcome: 'unknown' });
  },

  'a stream is kept `ttl` behind its last event, and no longer': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.advance(bench.ttl * 0.7);
    await bench.append(id, epoch, 0, ['end'], true);
    await bench.advance(bench.ttl * 0.7);
    assert.deepEqual(await bench.log(id), ['end']);
    await bench.advance(bench.ttl * 0.5);
    assert.deepEqual(await bench.store.head(id), { outcome: 'unknown' });
    assert.deepEqual(await bench.store.append(id, epoch, 1, ['late']), { outcome: 'gone' });
  },

  'a renewed stream outlives its ttl, an abandoned one does not': async (bench) => {
    const kept = await bench.create();
    const abandoned = await bench.create();
    for (let round = 0; round < 2; round++) {
      await bench.advance(bench.ttl * 0.7);
      await bench.store.renew(kept.id, kept.epoch);
    }
    assert.equal((await bench.store.head(kept.id)).outcome, 'found');
    assert.deepEqual(await bench.store.claim(abandoned.id, 'two'), { outcome: 'unknown' });
    assert.ok(!(await bench.store.listLapsed(100)).includes(abandoned.id));
  },
};

/** Only for a harness that loses everything on demand. */
export const lossLaws: Record<string, ContractLaw> = {
  'what the store lost is gone, and stays so': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a']);
    const tailEnds = assert.rejects(bench.tail(id, -1), { reason: 'gone' });
    await bench.lose();
    const gone = { outcome: 'gone' };
    assert.deepEqual(await bench.other.head(id), gone);
    assert.deepEqual(await bench.other.read(id, 0, 1), gone);
    assert.deepEqual(await bench.store.append(id, epoch, 1, ['b']), gone);
    assert.deepEqual(await bench.store.renew(id, epoch), gone);
    await tailEnds;
  },

  'a stream created anew under an id that was lost is never spliced to the old one': async (
    bench,
  ) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a', 'b']);
    const before = await bench.store.head(id);
    await bench.lose();
    const created = await bench.store.create(bench.order(id, 'one'));
    assert.ok(created.outcome === 'created' && created.epoch !== epoch);
    await bench.append(id, created.epoch, 0, ['other', 'other']);
    assert.deepEqual(await bench.store.append(id, epoch, 2, ['c']), { outcome: 'fenced' });
    const after = await bench.store.head(id);
    assert.ok(before.outcome === 'found' && after.outcome === 'found');
    assert.notEqual(before.head.incarnation, after.head.incarnation);
  },
};

/** Only for a harness that remembers: a failover that loses confirmed writes. */
export const failoverLaws: Record<string, ContractLaw> = {
  'a reader of lost events is never given those that took their place': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a', 'b']);
    const failOver = await bench.remember();
    await bench.append(id, epoch, 2, ['lost', 'lost']);
    await failOver();
    assert.deepEqual(await bench.store.append(id, epoch, 4, ['c']), { outcome: 'gapped', next: 2 });
    await bench.store.release(id, epoch);
    const next = await bench.claim(id, 'two');
    await bench.append(id, next, 2, ['other', 'other', 'other'], true);
    assert.deepEqual(await bench.other.read(id, 3, 5, epoch), { outcome: 'replaced' });
    assert.equal((await bench.other.read(id, 1, 5, epoch)).outcome, 'page');
    assert.deepEqual(await bench.log(id), ['a', 'b', 'other', 'other', 'other']);
  },

  'a tail that has read lost events does not go on with others': async (bench) => {
    const { id, epoch } = await bench.create('one');
    const failOver = await bench.remember();
    await bench.append(id, epoch, 0, ['lost']);
    const stop = new AbortController();
    const pages = bench.other.tail(id, -1, stop.signal)[Symbol.asyncIterator]();
    await pages.next();
    await failOver();
    await bench.store.release(id, epoch);
    const next = await bench.claim(id, 'two');
    await bench.append(id, next, 0, ['other', 'other'], true);
    await assert.rejects(pages.next(), { reason: 'replaced' });
  },
};
