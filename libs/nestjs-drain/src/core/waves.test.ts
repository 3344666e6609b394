import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { WaveSchedule } from './waves.js';

function setUp(options = { size: 3, interval: 0.1 }) {
  const clock = new ManualClock();
  const waves = new WaveSchedule(clock, options);
  const told: string[] = [];
  const tell = (one: number) => told.push(`${one}@${clock.now()}`);
  return { clock, waves, told, tell };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('wave schedule', () => {
  it('tells the first wave at once and the others one interval apart, each stream once', () => {
    const { clock, waves, told, tell } = setUp();
    waves.run(numbers(7), 60_000, tell);
    expect(told).toEqual(['1@0', '2@0', '3@0']);
    clock.advance(99);
    expect(told).toHaveLength(3);
    clock.advance(60_000);
    expect(told.slice(3)).toEqual(['4@100', '5@100', '6@100', '7@200']);
  });

  it('keeps to the plan when the telling itself takes time', () => {
    const { clock, waves } = setUp();
    const started: number[] = [];
    const tell = (one: number) => {
      if (one % 3 === 1) started.push(clock.now());
      clock.advance(one > 6 ? 60 : 20);
    };
    waves.run(numbers(15), 60_000, tell);
    clock.advance(60_000);
    // The third takes 180 ms, so the fourth starts late, right behind it.
    expect(started).toEqual([0, 100, 200, 380, 560]);
  });

  it('leaves nothing scheduled when all are told', () => {
    const { clock, waves, tell } = setUp();
    waves.run([], 60_000, tell);
    waves.run(numbers(3), 60_000, tell);
    expect(clock.pending).toBe(0);
    waves.run(numbers(6), 60_000, tell);
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it('has one timer, however many have to be told', () => {
    const { clock, waves, tell } = setUp();
    waves.run(numbers(5_000), 3_600_000, tell);
    expect(clock.pending).toBe(1);
    clock.advance(500);
    expect(clock.pending).toBe(1);
  });

  it('stops when it is taken back, in any wave', () => {
    const { clock, waves, told, tell } = setUp();
    const stop = waves.run(numbers(9), 60_000, tell);
    clock.advance(100);
    stop();
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(told).toHaveLength(6);
    waves.run(numbers(1), 60_000, tell)();
    expect(told).toHaveLength(7);
  });

  it.each([
    { total: 5, budget: 60_000, size: 3, why: 'the size that was asked for' },
    { total: 1_000, budget: 2_000, size: 100, why: '10 waves of 100 ms fit half of 2 s' },
    { total: 1_001, budget: 2_000, size: 101, why: 'the remainder is spread, not left over' },
    { total: 1_000, budget: 100, size: 1_000, why: 'no second wave fits' },
    { total: 1_000, budget: 0, size: 1_000, why: 'there is no time at all' },
  ])('$total streams within $budget ms: waves of $size, $why', ({ total, budget, size }) => {
    expect(setUp().waves.sizeFor(total, budget)).toBe(size);
  });

  it('never takes more than half of the time there is', () => {
    for (const budget of [200, 1_000, 1_999, 5_000]) {
      const { clock, waves, told, tell } = setUp();
      waves.run(numbers(1_000), budget, tell);
      clock.advance(budget / 2);
      expect(told).toHaveLength(1_000);
    }
  });
});
