import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import { resolveDrainOptions } from './options.js';

function setUp() {
  const clock = new ManualClock(5_000);
  return { clock, drain: new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2 }), clock) };
}

describe('stopping the listeners', () => {
  it('gives all of them until the deadline and the flush that follows it', async () => {
    const { clock, drain } = setUp();
    const deadlines: number[] = [];
    const stop = (deadline: number) => Promise.resolve(void deadlines.push(deadline));
    drain.listeners.add({ stop }).add({ stop: (deadline) => stop(deadline) });
    void drain.start('SIGTERM');
    await clock.advanceAsync(1_000);
    await drain.stopListeners();
    expect(deadlines).toEqual([17_000, 17_000]);
  });

  it('gives a process that never drained the flush alone', async () => {
    const { drain } = setUp();
    let deadline: number | undefined;
    drain.listeners.add({ stop: (until) => Promise.resolve(void (deadline = until)) });
    await drain.stopListeners();
    expect(deadline).toBe(7_000);
  });

  it('law 7: one that fails keeps no other from stopping', async () => {
    const { drain } = setUp();
    let stopped = 0;
    drain.listeners
      .add({
        stop: () => {
          throw new Error('synchronously');
        },
      })
      .add({ stop: () => Promise.reject(new Error('later')) })
      .add({ stop: () => Promise.resolve(void (stopped += 1)) });
    await expect(drain.stopListeners()).resolves.toBeUndefined();
    expect(stopped).toBe(1);
  });

  it('waits for the last of them', async () => {
    const { drain } = setUp();
    let release: (() => void) | undefined;
    drain.listeners.add({ stop: () => new Promise((resolve) => (release = resolve)) });
    let stopped = false;
    void drain.stopListeners().then(() => (stopped = true));
    await endOfTurn();
    expect(stopped).toBe(false);
    release?.();
    await endOfTurn();
    expect(stopped).toBe(true);
  });
});
