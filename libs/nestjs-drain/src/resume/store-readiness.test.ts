import { expect, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { StoreReadiness } from './store-readiness.js';

type Store = ConstructorParameters<typeof StoreReadiness>[0];

test('asks again after a reply that never came', async () => {
  const clock = new ManualClock();
  let asked = 0;
  let answer = (): Promise<unknown> => new Promise(() => undefined);
  const store = { head: () => ((asked += 1), answer()) } as unknown as Store;
  const readiness = new StoreReadiness(store, { clock, readinessChecks: new Set() });
  expect(readiness.look()).toBeUndefined();
  await clock.advanceAsync(10_000);
  answer = () => Promise.resolve({ outcome: 'unknown' });
  expect(readiness.look()).toBe('resume store: no answer');
  await clock.advanceAsync(0);
  expect([readiness.look(), asked]).toEqual([undefined, 3]);
});

test('names what the store says of itself', async () => {
  const clock = new ManualClock();
  const store = { head: () => Promise.reject(new Error('no connection')) } as unknown as Store;
  const readiness = new StoreReadiness(store, { clock, readinessChecks: new Set() });
  readiness.look();
  await clock.advanceAsync(0);
  expect(readiness.look()).toBe('resume store: no connection');
});
