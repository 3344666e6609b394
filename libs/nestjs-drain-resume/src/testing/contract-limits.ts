import assert from 'node:assert/strict';
import type { ContractLaw } from './contract-bench.js';

/** Only for a store with a known byte limit. */
export function sizeLaws(limit: number): Record<string, ContractLaw> {
  return {
    'a log that would outgrow its limit refuses the batch, and still takes its end, once': async (
      bench,
    ) => {
      const { id, epoch } = await bench.create();
      await bench.append(id, epoch, 0, ['x'.repeat(limit - 200)]);
      const refused = await bench.store.append(id, epoch, 1, ['y', 'z'.repeat(300)]);
      assert.deepEqual(refused, { outcome: 'tooLarge', limit });
      await bench.append(id, epoch, 1, ['e'.repeat(65_536)], true);
      assert.equal((await bench.log(id)).length, 2);
      assert.equal((await bench.store.append(id, epoch, 2, ['end'], true)).outcome, 'closed');
    },
  };
}

/** Only for a store with a known limit of bytes per principal. */
export function principalBytesLaws(
  limit: number,
  maxStreamBytes: number,
): Record<string, ContractLaw> {
  const event = 'x'.repeat(Math.max(1, Math.floor(Math.min(limit / 8, maxStreamBytes / 4))));

  return {
    'a principal keeps so many bytes, whose streams still take their end': async (bench) => {
      const bob = await bench.create('one', 'bob');
      const streams = [await bench.create('one', 'alice'), await bench.create('one', 'alice')];
      const sizes = [0, 0];
      const isFull = [false, false];
      // A store may count in steps, but not without end.
      while (isFull.includes(false) && event.length * (sizes[0]! + sizes[1]!) < limit * 2) {
        for (const [index, { id, epoch }] of streams.entries()) {
          const { outcome } = await bench.store.append(id, epoch, sizes[index]!, [event]);
          if (outcome === 'tooLarge') isFull[index] = true;
          else sizes[index]! += 1;
        }
      }
      assert.deepEqual(isFull, [true, true], 'both streams of the principal are refused more');
      const order = bench.order(await bench.store.newId(), 'one', 'alice');
      const large = { ...order, request: event };
      assert.deepEqual(await bench.store.create(large), { outcome: 'tooMany' });
      await bench.append(bob.id, bob.epoch, 0, [event]);
      for (const [index, { id, epoch }] of streams.entries()) {
        await bench.append(id, epoch, sizes[index]!, ['the end'], true);
      }
      await bench.advance(bench.ttl * 1.2);
      assert.deepEqual((await bench.store.create(large)).outcome, 'created');
    },
  };
}

/** Only for a store with a known limit of streams per principal. */
export function principalLaws(limit: number): Record<string, ContractLaw> {
  return {
    'a principal keeps so many streams at a time, until they expire': async (bench) => {
      const first = await bench.create('one', 'alice');
      for (let count = 1; count < limit; count++) await bench.create('one', 'alice');
      const refused = bench.order(await bench.store.newId(), 'one', 'alice');
      assert.deepEqual(await bench.store.create(refused), { outcome: 'tooMany' });
      assert.deepEqual(await bench.store.head(refused.id), { outcome: 'unknown' });
      await bench.create('one', 'bob');
      await bench.advance(bench.ttl * 0.7);
      await bench.store.renew(first.id, first.epoch);
      await bench.advance(bench.ttl * 0.7);
      // All but the renewed one have expired.
      for (let count = 1; count < limit; count++) await bench.create('one', 'alice');
      const again = bench.order(await bench.store.newId(), 'one', 'alice');
      assert.deepEqual(await bench.store.create(again), { outcome: 'tooMany' });
    },
  };
}
