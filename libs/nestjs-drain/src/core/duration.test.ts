import { describe, expect, it } from '@jest/globals';
import { durationProblems, durationWarnings, wholeSeconds } from './duration.js';

describe('a duration', () => {
  it.each([0, 0.001, 1, 2_147_483])('may be %s s', (value) => {
    expect(durationProblems('grace', value)).toEqual([]);
  });

  it.each([-1, NaN, Infinity, 2_147_484, true, '30', null, [], {}])('may not be %s', (value) => {
    expect(durationProblems('grace', value)).toEqual([
      expect.stringMatching(/^`grace` is .*; set a number of seconds from 0 to 2147483\.$/),
    ]);
  });

  it('that looks like milliseconds gets a warning with the seconds that were meant', () => {
    expect(durationWarnings({ timeout: 30_000, flushTimeout: 2, lease: undefined })).toEqual([
      '`timeout` is 30000 seconds (8.3 hours). Times are in seconds: if you meant 30000 ms, set 30.',
    ]);
    expect(durationWarnings({ timeout: 1800, grace: 999 })).toEqual([]);
  });

  it('is rounded up where the wire has whole seconds', () => {
    expect([0, 0.5, 1, 1.001].map(wholeSeconds)).toEqual([0, 1, 1, 2]);
  });
});
