import { describe, expect, it } from '@jest/globals';
import { InvalidDrainOptionsError, resolveDrainOptions, type DrainOptions } from './options.js';

/** The problems of options that no type checker has seen. */
function problemsOf(options: Record<string, unknown>): readonly string[] {
  try {
    resolveDrainOptions(options);
  } catch (error) {
    if (error instanceof InvalidDrainOptionsError) return error.problems;
    throw error;
  }
  return [];
}

describe('drain options', () => {
  it('have the documented defaults', () => {
    expect(resolveDrainOptions()).toEqual({
      timeout: 300,
      propagationDelay: 0,
      flushTimeout: 2,
      retryAfter: 1,
      waves: { size: 50, interval: 0.0025 },
      terminationGracePeriod: undefined,
      development: false,
    });
    expect(resolveDrainOptions({ waves: { size: 7 } }).waves).toEqual({
      size: 7,
      interval: 0.0025,
    });
    expect(resolveDrainOptions({ waves: { interval: 1 } }).waves).toEqual({
      size: 50,
      interval: 1,
    });
  });

  it('are taken as they are when they can work', () => {
    const options: DrainOptions = {
      timeout: 0.5,
      propagationDelay: 0.25,
      flushTimeout: 0,
      retryAfter: 0,
      waves: { size: 1, interval: 0.001 },
      terminationGracePeriod: 0.75,
      development: false,
    };
    expect(resolveDrainOptions(options)).toEqual(options);
    expect(problemsOf({ timeout: 2_147_483 })).toEqual([]);
  });

  it('in development make the first trigger the deadline, and the bounds of production are still checked', () => {
    const development = { timeout: 300, propagationDelay: 5, flushTimeout: 3, development: true };
    expect(resolveDrainOptions(development)).toMatchObject({
      timeout: 0,
      propagationDelay: 0,
      flushTimeout: 3,
      development: true,
    });
    expect(problemsOf({ ...development, timeout: 5 })).toEqual([
      expect.stringContaining('set `timeout` above 5'),
    ]);
    expect(problemsOf({ development: 'yes' })).toEqual([
      '`development` is "yes"; set true or false.',
    ]);
  });

  it('may have no time at all: timeout 0 ends what is open at once', () => {
    expect(problemsOf({ timeout: 0 })).toEqual([]);
  });

  it.each(['timeout', 'propagationDelay', 'flushTimeout', 'retryAfter', 'terminationGracePeriod'])(
    'refuse a %s that is no time a timer can wait',
    (name) => {
      for (const value of [-1, NaN, Infinity, 2_147_484, true]) {
        expect(problemsOf({ [name]: value })).toEqual([
          `\`${name}\` is ${String(value)}; set a number of seconds from 0 to 2147483.`,
        ]);
      }
      expect(problemsOf({ [name]: '30s' })).toEqual([
        `\`${name}\` is "30s"; set a number of seconds from 0 to 2147483.`,
      ]);
    },
  );

  it('refuse waves without a pause or without streams', () => {
    expect(problemsOf({ waves: { interval: 0 } })).toEqual([
      '`waves.interval` is 0; set a number of seconds from 0.001 to 2147483.',
    ]);
    for (const size of [0, -1, 1.5, NaN]) {
      expect(problemsOf({ waves: { size } })).toEqual([
        `\`waves.size\` is ${size}; set a whole number of streams from 1.`,
      ]);
    }
  });

  it.each([5, 6])('refuse a propagationDelay of %s s that leaves nothing of 5 s', (delay) => {
    expect(problemsOf({ timeout: 5, propagationDelay: delay })).toEqual([
      `\`propagationDelay\` (${delay} s) leaves nothing of \`timeout\` (5 s), which includes it; ` +
        `set \`timeout\` above ${delay}.`,
    ]);
  });

  it.each([302, 301])('refuse a grace period of %s s that ends in SIGKILL', (grace) => {
    expect(problemsOf({ terminationGracePeriod: grace })).toEqual([
      "`timeout` + `flushTimeout` (300 + 2 s) reaches the pod's terminationGracePeriod " +
        `(${grace} s), when the kubelet sends SIGKILL; ` +
        'set terminationGracePeriodSeconds to at least `timeout` + `flushTimeout` + 5, which is 307, ' +
        `or \`timeout\` to at most ${grace - 7}.`,
    ]);
    expect(problemsOf({ terminationGracePeriod: 303 })).toEqual([]);
  });

  it('refuse unknown keys, at every level', () => {
    expect(problemsOf({ timeOut: 5, waves: { count: 1 } })).toEqual([
      '`timeOut` is not an option; known are timeout, propagationDelay, flushTimeout, retryAfter, ' +
        'waves, terminationGracePeriod, development.',
      '`waves.count` is not an option; known are size, interval.',
    ]);
  });

  it('name every problem at once, but no sum of values that are themselves impossible', () => {
    const bad = { timeout: -1, propagationDelay: 9, flushTimeout: 'x', terminationGracePeriod: 1 };
    const problems = problemsOf(bad);
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      '`timeout`',
      '`flushTimeout`',
    ]);
    expect(() => resolveDrainOptions(bad as unknown as DrainOptions)).toThrow(
      `GracefulShutdownModule cannot start:\n  - ${problems[0]}\n  - ${problems[1]}`,
    );
  });
});
