/**
 * Runs the parties in turn, and backwards every other time (A B, B A, A B, …), so that a machine that
 * slows down or warms up slows down or warms up both.
 * @returns the results of each party, by its name
 */
export async function alternate(times, parties) {
  const names = Object.keys(parties);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < times; turn += 1) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      results[name].push(await parties[name](turn));
    }
  }
  return results;
}

/** From the one that stands at `first` on, and round to it. */
export function rotated(list, first) {
  const start = ((first % list.length) + list.length) % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
