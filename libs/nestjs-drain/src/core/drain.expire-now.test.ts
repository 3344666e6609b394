import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted } from '../../test/support/scripted-stream.js';
import { Drain } from './drain.js';
import { resolveDrainOptions } from './options.js';

function setUp(propagationDelay = 0) {
  const clock = new ManualClock();
  const options = resolveDrainOptions({ timeout: 300, flushTimeout: 2, propagationDelay });
  return { clock, drain: new Drain(options, clock) };
}

describe('a deadline that is brought forward', () => {
  it.each([0, 20])(
    'gives unfinished streams their farewell now (lame duck %s s)',
    async (delay) => {
      const { clock, drain } = setUp(delay);
      const told = admitted(drain.streams, 'finite', { onEnd: 'deliver' });
      const stuck = admitted(drain.streams);
      const report = drain.start('wait');
      await clock.advanceAsync(5_000);
      drain.expireNow(1.5);
      expect([drain.phase, drain.secondsLeft, drain.expired.aborted]).toEqual([
        'draining',
        0,
        true,
      ]);
      await clock.advanceAsync(0);
      expect([told.ends, stuck.ends]).toEqual([['deadline'], ['deadline']]);
      await clock.advanceAsync(1_499);
      expect(drain.phase).toBe('draining');
      await clock.advanceAsync(1);
      expect(await report).toMatchObject({
        outcome: 'timeout',
        cancelled: 1,
        cut: 1,
        waitedSeconds: 6.5,
      });
      await clock.advanceAsync(400_000);
      expect([drain.phase, clock.pending]).toEqual(['drained', 0]);
    },
  );

  it('stays where it is once it has passed, and changes nothing while serving', async () => {
    const { clock, drain } = setUp();
    drain.expireNow();
    expect([drain.phase, clock.pending]).toEqual(['serving', 0]);
    admitted(drain.streams);
    void drain.start('wait');
    drain.expireNow(1);
    drain.expireNow(0);
    await clock.advanceAsync(999);
    expect(drain.phase).toBe('draining');
    await clock.advanceAsync(1);
    expect(drain.phase).toBe('drained');
  });
});

it('knows while the kubelet waits, and counts each wait once', () => {
  const { drain } = setUp();
  const [first, second] = [drain.kubeletWaits(), drain.kubeletWaits()];
  first();
  first();
  expect(drain.kubeletIsWaiting).toBe(true);
  second();
  expect(drain.kubeletIsWaiting).toBe(false);
});

it('has no lame duck where the trigger says that nothing sends', () => {
  const { drain } = setUp(20);
  void drain.start('close', { lameDuck: false });
  expect([drain.phase, drain.propagationDelay, drain.streams.isClosed]).toEqual([
    'draining',
    0,
    true,
  ]);
});
