import assert from 'node:assert/strict';
import type { ContractLaw } from './contract-bench.js';

/** Laws of the log: order, idempotence, the end. */
export const logLaws: Record<string, ContractLaw> = {
  'an id has at least 128 bits behind its prefix and is never made twice': async ({ store }) => {
    const ids = await Promise.all(Array.from({ length: 50 }, () => store.newId('resp_')));
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^resp_[\w-]{22,100}$/);
  },

  'a new stream is empty, open and owned': async (bench) => {
    const { id, epoch } = await bench.create('one', 'alice');
    const found = await bench.other.head(id);
    assert.ok(found.outcome === 'found');
    const { incarnation, ...head } = found.head;
    assert.deepEqual(head, {
      id,
      epoch,
      owner: 'one',
      principal: 'alice',
      request: 'the request',
      next: 0,
      closed: false,
      cancelRequested: false,
      lapsed: false,
    });
    assert.equal(typeof incarnation, 'string');
    assert.deepEqual(await bench.log(id), []);
  },

  'creating again gives the same epoch to the same owner, until the first event': async (bench) => {
    const { id, epoch } = await bench.create('one');
    const again = await bench.store.create(bench.order(id, 'one'));
    assert.deepEqual(again, { outcome: 'created', epoch });
    assert.equal((await bench.store.create(bench.order(id, 'two'))).outcome, 'exists');
    await bench.append(id, epoch, 0, ['a']);
    assert.equal((await bench.store.create(bench.order(id, 'one'))).outcome, 'exists');
  },

  'events are read back as they were appended, numbered from 0': async (bench) => {
    const { id, epoch } = await bench.create();
    const payloads = ['', 'line\nbreak\r\n\0', '"é→🐘"', 'x'.repeat(900)];
    await bench.append(id, epoch, 0, payloads.slice(0, 3));
    await bench.append(id, epoch, 3, payloads.slice(3));
    assert.deepEqual(await bench.log(id, bench.other), payloads);
  },

  'a read begins behind `after` and ends at its limit': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a', 'b', 'c', 'd']);
    const page = await bench.other.read(id, 0, 2);
    assert.ok(page.outcome === 'page');
    assert.deepEqual(page.events, [
      { sequence: 1, payload: 'b' },
      { sequence: 2, payload: 'c' },
    ]);
    assert.deepEqual([page.next, page.closed], [4, false]);
    const end = await bench.other.read(id, 3, 2);
    assert.ok(end.outcome === 'page');
    assert.deepEqual(end.events, []);
  },

  'a reader that has seen more than the log holds is refused': async (bench) => {
    const { id, epoch } = await bench.create();
    assert.deepEqual(await bench.store.read(id, 0, 1), { outcome: 'ahead', next: 0 });
    await bench.append(id, epoch, 0, ['a']);
    assert.deepEqual(await bench.store.read(id, 1, 1), { outcome: 'ahead', next: 1 });
  },

  'a repeated append changes nothing, an overlapping one adds what is new': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a', 'b']);
    await bench.append(id, epoch, 0, ['a', 'b']);
    await bench.append(id, epoch, 0, ['a']);
    const more = await bench.store.append(id, epoch, 1, ['b', 'c']);
    assert.deepEqual(more, { outcome: 'appended', next: 3, cancelRequested: false });
    assert.deepEqual(await bench.log(id), ['a', 'b', 'c']);
  },

  'a gap is refused as a whole': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a']);
    const result = await bench.store.append(id, epoch, 2, ['c', 'd']);
    assert.deepEqual(result, { outcome: 'gapped', next: 1 });
    assert.deepEqual(await bench.log(id), ['a']);
  },

  'appends that are sent without waiting are logged in their order': async (bench) => {
    const { id, epoch } = await bench.create();
    const events = Array.from({ length: 100 }, (_, index) => `event ${index}`);
    await Promise.all(events.map((event, index) => bench.append(id, epoch, index, [event])));
    assert.deepEqual(await bench.log(id), events);
  },

  'nothing follows the terminal event, but it may be repeated': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a', 'end'], true);
    await bench.append(id, epoch, 0, ['a', 'end'], true);
    await bench.append(id, epoch, 1, ['end'], true);
    assert.deepEqual(await bench.store.append(id, epoch, 2, ['more']), { outcome: 'closed' });
    assert.deepEqual(await bench.store.append(id, epoch, 2, ['more'], true), { outcome: 'closed' });
    assert.deepEqual(await bench.log(id), ['a', 'end']);
    const page = await bench.store.read(id, 1, 1);
    assert.ok(page.outcome === 'page' && page.closed);
  },

  'an append without events closes the log where it stands': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a']);
    await bench.append(id, epoch, 1, [], true);
    const found = await bench.store.head(id);
    assert.ok(found.outcome === 'found' && found.head.closed && found.head.next === 1);
  },

  'a terminal event in the middle of the log is refused': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['a', 'b']);
    const result = await bench.store.append(id, epoch, 0, ['a'], true);
    assert.deepEqual(result, { outcome: 'gapped', next: 2 });
  },

  'a closed stream has no lease, no claim and nothing to cancel': async (bench) => {
    const { id, epoch } = await bench.create();
    await bench.append(id, epoch, 0, ['end'], true);
    await bench.advance(bench.lease * 1.5);
    assert.deepEqual(await bench.store.renew(id, epoch), { outcome: 'closed' });
    assert.deepEqual(await bench.store.release(id, epoch), { outcome: 'closed' });
    assert.deepEqual(await bench.store.claim(id, 'two'), { outcome: 'closed' });
    assert.deepEqual(await bench.store.requestCancel(id), { outcome: 'closed' });
    assert.ok(!(await bench.store.listLapsed(100)).includes(id));
    assert.deepEqual(await bench.log(id), ['end']);
  },
};
