import { ManualClock } from 'nestjs-drain-resume/testing';
import { expect, it } from '@jest/globals';
import { within } from './clock.js';

it.each([
  ['resolves', () => Promise.resolve()],
  ['rejects', () => Promise.reject(new Error('failed'))],
  ['is no promise', () => 5],
])('waits for work that %s, and leaves no timer', async (_, work) => {
  const clock = new ManualClock();
  expect(await within(clock, 1_000, work())).toBe(true);
  expect(clock.pending).toBe(0);
});

it('law 7: waits no longer than its bound', async () => {
  const clock = new ManualClock(5_000);
  const settled = within(clock, 1_000, new Promise(() => undefined));
  await clock.advanceAsync(999);
  expect(clock.pending).toBe(1);
  await clock.advanceAsync(1);
  expect(await settled).toBe(false);
});

it('gives work whose bound has passed one turn', async () => {
  const clock = new ManualClock(5_000);
  const settled = within(clock, -1, new Promise(() => undefined));
  clock.advance(0);
  expect(await settled).toBe(false);
});
