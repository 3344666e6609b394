import { expect, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from './drain.js';
import { resolveDrainOptions } from './options.js';

const drainOf = (clock: ManualClock) => new Drain(resolveDrainOptions({ timeout: 5 }), clock);
const late = { awaitsLateWork: true };

test('work of any name is waited for, and the report names what is left of it', async () => {
  const clock = new ManualClock();
  const drain = drainOf(clock);
  const jobs = drain.count('jobs', late);
  const [short, long] = [{}, {}];
  jobs.enter(short);
  jobs.enter(long);
  const report = drain.start('test');
  jobs.leave(short);
  clock.advance(4_999);
  expect(drain.phase).toBe('draining');
  clock.advance(2_001);
  expect(await report).toMatchObject({ outcome: 'timeout', unfinished: { jobs: 1 } });
});

test('two that count under one name share one counter', () => {
  const drain = drainOf(new ManualClock());
  expect(drain.count('jobs', late)).toBe(drain.count('jobs', late));
  expect(drain.count('tasks', late)).toBe(drain.tasks);
});

test('law 2: a counter that is added while draining neither holds nor escapes the drain', async () => {
  const drain = drainOf(new ManualClock());
  const task = {};
  drain.tasks.enter(task);
  const report = drain.start('test');
  const jobs = drain.count('jobs', late);
  const job = {};
  jobs.enter(job);
  drain.tasks.leave(task);
  await Promise.resolve();
  expect(drain.phase).toBe('draining');
  jobs.leave(job);
  expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
});

test('reset: a counter of any name is open again', () => {
  const drain = drainOf(new ManualClock());
  const jobs = drain.count('jobs', late);
  drain.tasks.enter({});
  void drain.start('test').catch(() => undefined);
  expect(jobs.isSettled).toBe(true);
  drain.reset();
  expect(jobs.isSettled).toBe(false);
});
