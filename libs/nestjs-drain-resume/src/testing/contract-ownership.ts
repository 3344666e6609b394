import assert from 'node:assert/strict';
import type { ContractLaw } from './contract-bench.js';

const fenced = { outcome: 'fenced' };

/** Laws of ownership: one owner at a time, and none for ever. */
export const ownershipLaws: Record<string, ContractLaw> = {
  'a stream is not claimed while its owner is alive': async (bench) => {
    const { id, epoch } = await bench.create();
    assert.deepEqual(await bench.other.claim(id, 'two'), { outcome: 'held' });
    assert.deepEqual(await bench.store.claim(id, 'one'), { outcome: 'held' });
    await bench.append(id, epoch, 0, ['still mine']);
  },

  'an append and a renewal extend the lease': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.advance(bench.lease * 0.7);
    await bench.append(id, epoch, 0, ['a']);
    await bench.advance(bench.lease * 0.7);
    assert.deepEqual(await bench.other.claim(id, 'two'), { outcome: 'held' });
    assert.equal((await bench.store.renew(id, epoch)).outcome, 'renewed');
    await bench.advance(bench.lease * 0.7);
    assert.deepEqual(await bench.other.claim(id, 'two'), { outcome: 'held' });
  },

  'the owner that claims a lapsed stream goes on where its log ends': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a', 'b']);
    await bench.advance(bench.lease * 1.5);
    const lapsed = await bench.other.head(id);
    assert.ok(lapsed.outcome === 'found' && lapsed.head.lapsed);
    const claimed = await bench.other.claim(id, 'two');
    assert.ok(claimed.outcome === 'claimed');
    const { head } = claimed;
    assert.deepEqual([head.owner, head.next, head.lapsed], ['two', 2, false]);
    assert.deepEqual([head.principal, head.request], ['alice', 'the request']);
    await bench.append(id, head.epoch, 2, ['c'], true);
    assert.deepEqual(await bench.log(id), ['a', 'b', 'c']);
  },

  'a replaced owner writes nothing and keeps nothing': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a']);
    await bench.advance(bench.lease * 1.5);
    await bench.claim(id, 'two');
    assert.deepEqual(await bench.store.append(id, epoch, 1, ['zombie']), fenced);
    assert.deepEqual(await bench.store.append(id, epoch, 0, ['a']), fenced);
    assert.deepEqual(await bench.store.renew(id, epoch), fenced);
    assert.deepEqual(await bench.store.release(id, epoch), fenced);
    assert.deepEqual(await bench.store.claim(id, 'three'), { outcome: 'held' });
    assert.deepEqual(await bench.log(id), ['a']);
  },

  'an owner whose lease lapsed unnoticed goes on if no replica claimed': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.advance(bench.lease * 1.5);
    await bench.append(id, epoch, 0, ['late']);
    assert.deepEqual(await bench.other.claim(id, 'two'), { outcome: 'held' });
  },

  'one of many claims wins': async (bench) => {
    const { id } = await bench.create('one');
    await bench.advance(bench.lease * 1.5);
    const owners = ['two', 'three', 'four', 'five'];
    const claims = owners.map((owner, index) =>
      (index % 2 ? bench.store : bench.other).claim(id, owner),
    );
    const outcomes = (await Promise.all(claims)).map((claim) => claim.outcome);
    assert.deepEqual(outcomes.sort(), ['claimed', 'held', 'held', 'held']);
  },

  'a released stream can be claimed at once, and an append under way does not revive it': async (
    bench,
  ) => {
    const { id, epoch } = await bench.create('one');
    await bench.append(id, epoch, 0, ['a']);
    const [released, late] = await Promise.all([
      bench.store.release(id, epoch),
      bench.store.append(id, epoch, 1, ['late']),
    ]);
    assert.deepEqual([released, late], [{ outcome: 'released' }, fenced]);
    assert.deepEqual(await bench.store.renew(id, epoch), fenced);
    const found = await bench.other.head(id);
    assert.ok(found.outcome === 'found' && found.head.lapsed && found.head.owner === undefined);
    assert.notEqual(await bench.claim(id, 'two'), epoch);
    assert.deepEqual(await bench.log(id), ['a']);
  },

  'an epoch is never given twice': async (bench) => {
    const { id, epoch } = await bench.create('one');
    const epochs = [epoch];
    for (const owner of ['two', 'one', 'two']) {
      await bench.store.release(id, epochs.at(-1) ?? 0);
      epochs.push(await bench.claim(id, owner));
    }
    const ascending = [...new Set(epochs)].sort((one, other) => one - other);
    assert.deepEqual(epochs, ascending);
  },

  'claims of owners that fell silent are counted until an event is logged': async (bench) => {
    const { id, epoch } = await bench.create('one');
    const attempts = async () => {
      const found = await bench.other.head(id);
      return found.outcome === 'found' ? found.head.attempts : undefined;
    };
    await bench.append(id, epoch, 0, ['a']);
    for (const count of [1, 2]) {
      await bench.advance(bench.lease * 1.5);
      const claimed = await bench.other.claim(id, `owner ${count}`);
      assert.ok(claimed.outcome === 'claimed');
      assert.deepEqual([claimed.head.attempts, await attempts()], [count, count]);
      if (count === 2) await bench.append(id, claimed.head.epoch, 1, ['b']);
    }
    assert.equal(await attempts(), 0);
  },

  'a stream that was released is claimed without a count': async (bench) => {
    const { id, epoch } = await bench.create('one');
    await bench.store.release(id, epoch);
    const claimed = await bench.other.claim(id, 'two');
    assert.ok(claimed.outcome === 'claimed');
    assert.equal(claimed.head.attempts, 0);
  },

  'lapsed streams are listed, at most as many as asked for': async (bench) => {
    const old = await bench.create('one');
    const closed = await bench.create('one');
    await bench.append(closed.id, closed.epoch, 0, ['end'], true);
    const others = [await bench.create('one'), await bench.create('one')];
    await bench.advance(bench.lease * 1.5);
    const alive = await bench.create('one');
    const lapsed = [old.id, ...others.map((stream) => stream.id)].sort();
    assert.deepEqual([...(await bench.other.listLapsed(100))].sort(), lapsed);
    assert.equal((await bench.other.listLapsed(2)).length, 2);
    await bench.claim(old.id, 'two');
    await bench.store.release(alive.id, alive.epoch);
    const now = [alive.id, ...others.map((stream) => stream.id)].sort();
    assert.deepEqual([...(await bench.other.listLapsed(100))].sort(), now);
  },

  'a request to cancel reaches the owner with its next append or renewal': async (bench) => {
    const { id, epoch } = await bench.create('one');
    assert.deepEqual(await bench.store.renew(id, epoch), renewed(false));
    assert.deepEqual(await bench.other.requestCancel(id), { outcome: 'requested' });
    assert.deepEqual(await bench.other.requestCancel(id), { outcome: 'requested' });
    assert.deepEqual(await bench.store.renew(id, epoch), renewed(true));
    const appended = await bench.store.append(id, epoch, 0, ['a']);
    assert.deepEqual(appended, { outcome: 'appended', next: 1, cancelRequested: true });
    await bench.store.release(id, epoch);
    const claimed = await bench.other.claim(id, 'two');
    assert.ok(claimed.outcome === 'claimed' && claimed.head.cancelRequested);
  },
};

function renewed(cancelRequested: boolean) {
  return { outcome: 'renewed', cancelRequested };
}
