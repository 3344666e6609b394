import { expect, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { settledBy } from './settled-by.js';

test.each([
  ['resolves', () => Promise.resolve()],
  ['rejects', () => Promise.reject(new Error('failed'))],
  ['is no promise', () => 5],
])('answers at once when what it waits for %s, and leaves no timer', async (_, ending) => {
  const clock = new ManualClock();
  expect(await settledBy(clock, 1_000, ending())).toBe(true);
  expect(clock.pending).toBe(0);
});

test('law 7: waits no longer than it may', async () => {
  const clock = new ManualClock(5_000);
  const settled = settledBy(clock, 6_000, new Promise(() => undefined));
  await clock.advanceAsync(999);
  expect(clock.pending).toBe(1);
  await clock.advanceAsync(1);
  expect(await settled).toBe(false);
});

test('a time that has passed leaves one turn', async () => {
  const clock = new ManualClock(5_000);
  const settled = settledBy(clock, 1_000, new Promise(() => undefined));
  clock.advance(0);
  expect(await settled).toBe(false);
});
