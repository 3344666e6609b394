import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './manual-clock.js';

describe('manual clock', () => {
  it('stands still until it is advanced', () => {
    const clock = new ManualClock(100);
    expect(clock.now()).toBe(100);
    clock.advance(50);
    expect(clock.now()).toBe(150);
  });

  it('runs due tasks earliest first, each at its own time, equal times in the order of scheduling', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
    clock.schedule(20, note('late'));
    clock.schedule(10, note('first'));
    clock.schedule(10, note('second'));
    clock.schedule(31, note('beyond'));
    clock.advance(30);
    expect(ran).toEqual(['first@10', 'second@10', 'late@20']);
    expect(clock.pending).toBe(1);
  });

  it('runs a task scheduled by a task within the same span', () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const again = () => {
      times.push(clock.now());
      clock.schedule(10, again);
    };
    clock.schedule(10, again);
    clock.advance(35);
    expect(times).toEqual([10, 20, 30]);
  });

  it('never runs a cancelled task', () => {
    const clock = new ManualClock();
    let ran = false;
    clock.schedule(1, () => (ran = true))();
    clock.advance(10);
    expect(ran).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('lets awaiting code schedule its next step within the span of advanceAsync', async () => {
    const clock = new ManualClock();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));
    const times: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(10);
        times.push(clock.now());
      }
    })();
    await clock.advanceAsync(30);
    await loop;
    expect(times).toEqual([10, 20, 30]);
  });
});
