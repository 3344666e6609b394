import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './testing/manual-clock.js';
import { LeaseKeeper } from './lease-keeper.js';
import type { LeaseRefused, Renewed } from './store.js';

function setUp() {
  const clock = new ManualClock();
  const renewed: string[] = [];
  const told: string[] = [];
  const errors: unknown[] = [];
  let answer: () => Promise<Renewed | LeaseRefused> = () =>
    Promise.resolve({ outcome: 'renewed', cancelRequested: false });
  const store = {
    renew: (id: string, epoch: number) => {
      renewed.push(`${id}/${epoch}@${clock.now()}`);
      return answer();
    },
  };
  const keeper = new LeaseKeeper(store, {
    lease: 3,
    clock,
    onError: (error) => errors.push(error),
  });
  const keep = (id: string) =>
    keeper.keep(id, 7, {
      lost: (reason) => told.push(`${id} ${reason}`),
      cancelRequested: () => told.push(`${id} cancelled`),
    });
  const answerWith = (next: typeof answer) => (answer = next);
  return { clock, keeper, keep, renewed, told, errors, answerWith };
}

describe('lease keeper', () => {
  it('renews all leases with one timer, in time, and has none without leases', async () => {
    const { clock, keep, renewed } = setUp();
    expect(clock.pending).toBe(0);
    const leases = [keep('a'), keep('b')];
    expect(clock.pending).toBe(1);
    await clock.advanceAsync(4000);
    expect(renewed).toEqual([
      'a/7@2000',
      'b/7@2000',
      'a/7@3000',
      'b/7@3000',
      'a/7@4000',
      'b/7@4000',
    ]);
    for (const lease of leases) lease.stop();
    expect(clock.pending).toBe(0);
  });

  it('leaves out a lease that an append has extended since the last round', async () => {
    const { clock, keep, renewed } = setUp();
    const lease = keep('a');
    for (let time = 0; time < 5; time++) {
      lease.extended();
      await clock.advanceAsync(1000);
    }
    expect(renewed).toEqual([]);
    await clock.advanceAsync(1000);
    expect(renewed).toEqual(['a/7@6000']);
  });

  it.each(['fenced', 'closed', 'gone'] as const)('tells a %s owner once', async (outcome) => {
    const { clock, keeper, keep, told, answerWith } = setUp();
    keep('a');
    answerWith(() => Promise.resolve({ outcome }));
    await clock.advanceAsync(10_000);
    expect(told).toEqual([`a ${outcome}`]);
    expect(keeper.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('passes on a request to cancel and keeps the lease', async () => {
    const { clock, keeper, keep, told, answerWith } = setUp();
    keep('a');
    answerWith(() => Promise.resolve({ outcome: 'renewed', cancelRequested: true }));
    await clock.advanceAsync(2000);
    expect(told).toEqual(['a cancelled']);
    expect(keeper.size).toBe(1);
  });

  it('tries again with the next round if the store does not answer', async () => {
    const { clock, keep, renewed, told, errors, answerWith } = setUp();
    keep('a');
    answerWith(() => Promise.reject(new Error('away')));
    await clock.advanceAsync(3000);
    expect(errors).toHaveLength(2);
    expect(renewed).toHaveLength(2);
    expect(told).toEqual([]);
  });

  it('does not ask again while an answer is outstanding, nor tell a lease that was stopped meanwhile', async () => {
    const { clock, keep, renewed, told, answerWith } = setUp();
    const lease = keep('a');
    let resolve: (result: LeaseRefused) => void = () => undefined;
    answerWith(() => new Promise((settle) => (resolve = settle)));
    await clock.advanceAsync(5000);
    expect(renewed).toHaveLength(1);
    lease.stop();
    resolve({ outcome: 'fenced' });
    await clock.advanceAsync(1000);
    expect(told).toEqual([]);
  });
});
