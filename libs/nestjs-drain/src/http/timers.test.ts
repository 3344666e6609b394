import { expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Timers } from './timers.js';

function setUp() {
  const clock = new ManualClock();
  return { clock, timers: new Timers(clock), ran: [] as string[] };
}

it('a task comes a turn behind its time, because a busy process reads its sockets behind its timers', () => {
  const { clock, timers, ran } = setUp();
  timers.at(clock.now() + 10, () => ran.push('task'));
  clock.schedule(10, () => {
    ran.push('timer');
    clock.schedule(0, () => ran.push('what came meanwhile'));
  });
  clock.advance(9);
  expect(ran).toEqual([]);
  clock.advance(1);
  expect(ran.indexOf('task')).toBeGreaterThan(ran.indexOf('timer'));
  expect(clock.pending).toBe(0);
});

it('tasks of the same millisecond share a timer', () => {
  const { clock, timers, ran } = setUp();
  for (const name of ['one', 'two']) timers.at(clock.now() + 10, () => ran.push(name));
  expect(clock.pending).toBe(1);
  clock.advance(10);
  expect(ran).toEqual(['one', 'two']);
});

it.each([5, 10])('what is cancelled after %s ms does not come, nor a turn later', (time) => {
  const { clock, timers, ran } = setUp();
  // Cancelled in the turn of its time: before the task, which comes in the next one.
  clock.schedule(time, () => timers.cancelAll());
  timers.at(clock.now() + 10, () => ran.push('task'));
  clock.advance(100);
  expect([ran, clock.pending]).toEqual([[], 0]);
});
