import { expect, it } from '@jest/globals';
import { pack } from './lanes.js';

it('no two stretches of one lane overlap, and no lane is left empty', () => {
  const stretches = Array.from({ length: 300 }, (_, index) => {
    const from = (index * 37) % 101;
    return { from, to: from + 1 + ((index * 17) % 23) };
  });
  const packed = pack(stretches);
  const used = [...new Set(packed.map(({ lane }) => lane))].sort((a, b) => a - b);
  expect(used).toEqual(used.map((_, index) => index));
  for (const lane of used) {
    const sorted = packed
      .filter((one) => one.lane === lane)
      .map(({ item }) => item)
      .sort((a, b) => a.from - b.from);
    for (const [index, item] of sorted.slice(1).entries()) {
      expect(item.from).toBeGreaterThanOrEqual(sorted[index]?.to ?? 0);
    }
  }
});

it('what comes first stands on top', () => {
  const packed = pack([
    { from: 5, to: 9 },
    { from: 0, to: 6 },
    { from: 0, to: 4 },
  ]);
  expect(packed.map(({ lane }) => lane)).toEqual([0, 1, 0]);
});
