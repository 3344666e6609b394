import { expect, it } from '@jest/globals';
import { systemClock } from './clock.js';

it('the system clock runs a task once its delay is over, and never one that was taken back', async () => {
  const before = systemClock.now();
  const ran: string[] = [];
  systemClock.schedule(5, () => ran.push('taken back'))();
  await new Promise<void>((resolve) => {
    systemClock.schedule(10, () => {
      ran.push('due');
      resolve();
    });
  });
  expect(ran).toEqual(['due']);
  expect(systemClock.now()).toBeGreaterThan(before);
});

it.each([Infinity, 2 ** 31, 2 ** 40])(
  'the system clock does not run at once what is %s ms away',
  async (delay) => {
    const ran: number[] = [];
    const cancel = systemClock.schedule(delay, () => ran.push(delay));
    await new Promise<void>((resolve) => void systemClock.schedule(20, resolve));
    cancel();
    expect(ran).toEqual([]);
  },
);

it('the system clock runs what is due now in the next turn, unless it is taken back', async () => {
  const ran: string[] = [];
  systemClock.schedule(0, () => ran.push('taken back'))();
  systemClock.schedule(-1, () => ran.push('late'));
  ran.push('this turn');
  await new Promise<void>((resolve) => {
    systemClock.schedule(0, () => {
      ran.push('next turn');
      resolve();
    });
  });
  expect(ran).toEqual(['this turn', 'late', 'next turn']);
});
