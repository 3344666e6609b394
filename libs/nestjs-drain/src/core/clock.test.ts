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
