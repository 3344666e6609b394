import { describe, expect, it } from '@jest/globals';
import { Ending } from './ending.js';

function setUp() {
  const ending = new Ending();
  const told: string[] = [];
  const tell = (name: string) => ending.subscribe(() => told.push(name));
  return { ending, told, tell };
}

describe('the ending of a stream', () => {
  it('tells everybody once, in the order in which they asked', () => {
    const { ending, told, tell } = setUp();
    tell('first');
    tell('second');
    expect([ending.isDecided, told]).toEqual([false, []]);
    ending.decide();
    ending.decide();
    expect([ending.isDecided, told]).toEqual([true, ['first', 'second']]);
  });

  it('tells whoever asks too late at once', () => {
    const { ending, told, tell } = setUp();
    ending.decide();
    tell('late')();
    expect(told).toEqual(['late']);
  });

  it('does not tell who has taken it back', () => {
    const { ending, told, tell } = setUp();
    const forget = tell('gone');
    tell('there');
    forget();
    ending.decide();
    expect(told).toEqual(['there']);
  });
});
