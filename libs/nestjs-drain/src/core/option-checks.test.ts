import { describe, expect, it } from '@jest/globals';
import {
  checkOptions,
  flag,
  list,
  object,
  oneOf,
  optionProblems,
  required,
  seconds,
  text,
  unlessFalse,
  wholeNumber,
  type OptionCheck,
} from './option-checks.js';

const problemOf = (check: OptionCheck, value: unknown): string | undefined =>
  optionProblems({ it: value }, { it: check })[0];

describe('options', () => {
  it.each<[string, OptionCheck, unknown[], unknown[], string]>([
    ['seconds', seconds(), [0, 5], [-1, Infinity, '5'], 'set a number of seconds'],
    ['flag', flag, [true, false], [1, 'true', null], 'set true or false'],
    ['text', text, ['a'], ['', ' ', 5, null], 'set a text that is not empty'],
    ['number', wholeNumber(0, 9), [0, 9], [-1, 10, 0.5, '1'], 'set a whole number from 0 to 9'],
    ['words', oneOf('a', 'b'), ['a'], ['c', 5], 'set "a" or "b"'],
    ['list', list(text), [[], ['a']], ['a', ['']], 'set a'],
    ['object', object({ a: flag }), [{}, { a: true }], [true, [], { b: 1 }], ''],
    ['or false', unlessFalse(text), [false, 'a'], ['', true], 'set a text'],
  ])('%s', (_, check, good, bad, remedy) => {
    for (const value of good) expect(problemOf(check, value)).toBeUndefined();
    for (const value of bad) expect(problemOf(check, value)).toContain(remedy);
    expect(problemOf(check, undefined)).toBeUndefined();
  });

  it('are all optional, but for those that are required', () => {
    const checks = { it: required(text, 'set a pattern'), other: text };
    expect(optionProblems({ it: 'a' }, checks)).toEqual([]);
    expect(optionProblems({}, checks)).toEqual(['`it` is undefined; set a pattern.']);
    expect(optionProblems({ it: ' ' }, checks)).toEqual(['`it` is " "; set a pattern.']);
  });

  it('name their place and their owner', () => {
    const checks = { control: object({ allow: list(text) }) };
    expect(() =>
      checkOptions('DrainSomethingModule', { control: { allow: [''], alow: 1 }, cntrl: 1 }, checks),
    ).toThrow(
      'DrainSomethingModule cannot start:\n' +
        '  - `cntrl` is not an option; known are control.\n' +
        '  - `control.alow` is not an option; known are allow.\n' +
        '  - `control.allow[0]` is ""; set a text that is not empty, or leave it out.',
    );
  });

  it.each([undefined, null, 'timeout', []])('are an object, not %j', (options) => {
    expect(() => checkOptions('It', options, { timeout: seconds() })).toThrow(
      /The options are .*; set an object with timeout\./,
    );
  });
});
