import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Linked, LinkedList } from './linked-list.js';

class Place implements Linked<Place> {
  before: Place | undefined;
  behind: Place | undefined;

  constructor(readonly number: number) {}
}

describe('a linked list', () => {
  it('is a Set of what stands in it, whatever comes and goes', () => {
    const law = fc.property(fc.array(fc.nat(), { maxLength: 60 }), (steps) => {
      const [list, model] = [new LinkedList<Place>(), new Set<Place>()];
      for (const [number, step] of steps.entries()) {
        const leaving = step % 3 === 0 ? [...model][step % Math.max(1, model.size)] : undefined;
        if (leaving) {
          list.remove(leaving);
          model.delete(leaving);
        } else {
          const coming = new Place(number);
          list.add(coming);
          model.add(coming);
        }
        expect([...list]).toEqual([...model]);
        expect(list.size).toBe(model.size);
      }
    });
    fc.assert(law, { numRuns: 300 });
  });

  it('is walked as it was, though all of it goes meanwhile', () => {
    const list = new LinkedList<Place>();
    const places = [0, 1, 2].map((number) => new Place(number));
    for (const place of places) list.add(place);
    const seen: number[] = [];
    for (const { number } of list) {
      seen.push(number);
      if (number === 0) for (const place of places) list.remove(place);
    }
    expect([seen, list.size]).toEqual([[0, 1, 2], 0]);
  });

  it('leaves what was removed no way to the others, which it would keep in memory', () => {
    const list = new LinkedList<Place>();
    const [one, two, three] = [new Place(1), new Place(2), new Place(3)];
    for (const place of [one, two, three]) list.add(place);
    list.remove(two);
    expect([two.before, two.behind]).toEqual([undefined, undefined]);
    // And it can come again, behind them.
    list.add(two);
    expect([...list]).toEqual([one, three, two]);
  });
});
