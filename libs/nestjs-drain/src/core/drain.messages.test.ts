import { expect, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from './drain.js';
import { InFlight } from './in-flight.js';
import { resolveDrainOptions } from './options.js';
import { ResetRefusedError } from './phase.js';

const drainOf = (clock: ManualClock) => new Drain(resolveDrainOptions({ timeout: 5 }), clock);

test('the drain waits for messages in work, and not for those that come later', async () => {
  const drain = drainOf(new ManualClock());
  const [early, late] = [{}, {}];
  drain.messages.enter(early);
  const report = drain.start('test');
  drain.messages.enter(late);
  drain.messages.leave(early);
  expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
});

test('the report names messages that were left at the deadline', async () => {
  const clock = new ManualClock();
  const drain = drainOf(clock);
  drain.messages.enter({});
  const report = drain.start('test');
  clock.advance(7_000);
  expect(await report).toMatchObject({ outcome: 'timeout', unfinished: { messages: 1 } });
});

test('what was closed for good refuses a reset', () => {
  const drain = drainOf(new ManualClock());
  drain.messages.enter({});
  void drain.start('test');
  drain.makeIrreversible();
  expect(() => drain.reset()).toThrow(ResetRefusedError);
});

test.each(['resolves', 'rejects'])('tracked work counts until its promise %s', async (how) => {
  const work = new InFlight('tasks', { awaitsLateWork: true });
  const running = how === 'resolves' ? Promise.resolve(1) : Promise.reject(new Error('failed'));
  const tracked = work.track(running);
  expect(work.size).toBe(1);
  expect(await Promise.allSettled([tracked])).toEqual(await Promise.allSettled([running]));
  expect(work.size).toBe(0);
});
