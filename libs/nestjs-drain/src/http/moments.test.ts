import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Moments } from './moments.js';

function setUp() {
  const clock = new ManualClock(1_000);
  let readings = 0;
  const now = clock.now.bind(clock);
  clock.now = () => {
    readings += 1;
    return now();
  };
  return { clock, moments: new Moments(clock), readings: () => readings };
}

describe('moments', () => {
  it('law 9: while serving, the clock is not read for each of them', () => {
    const { clock, moments, readings } = setUp();
    const first = moments.now;
    for (let answer = 0; answer < 1_000; answer += 1) expect(moments.now).toBe(first);
    const before = readings();
    clock.advance(49);
    expect([moments.now, readings() - before]).toEqual([first, 0]);
  });

  it('law 11: one is never over before what happened in it', () => {
    const { clock, moments } = setUp();
    const first = moments.now;
    clock.advance(49);
    expect(moments.now.end).toBeUndefined();
    clock.advance(1);
    expect(first.end).toBe(1_050);
    expect(moments.now).not.toBe(first);
  });

  it('are points in time from the shutdown on', () => {
    const { clock, moments } = setUp();
    const first = moments.now;
    clock.advance(20);
    moments.sharpen();
    clock.advance(20);
    expect([first.end, moments.now.end, clock.pending]).toEqual([1_020, 1_040, 0]);
    moments.relax();
    expect(moments.now.end).toBeUndefined();
  });

  it('leave no timer behind where nothing happens', () => {
    const { clock, moments } = setUp();
    expect(moments.now.end).toBeUndefined();
    clock.advance(50);
    expect(clock.pending).toBe(0);
  });
});
