import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTypingError } from './closest.js';
import { TypingIndex } from './typing-index.js';

const letters = fc.constantFrom(...'abAB-1'.split(''));
const text = fc.string({ unit: letters, maxLength: 9 });

describe('an index of texts', () => {
  it('finds exactly those that differ by a typing error, each with all its items', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), text, (texts, wanted) => {
        const index = new TypingIndex<string>();
        for (const each of texts) index.add(each, each);
        const expected = texts.filter((each) => isTypingError(wanted, each));
        expect(index.near(wanted).sort()).toEqual(expected.sort());
      }),
    );
  });
});
