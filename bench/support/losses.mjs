const losing = ['refused', 'failed', 'reset', 'cut'];

/** @param outcomes by group of clients, how often each outcome came */
export function countLost(outcomes) {
  return Object.values(outcomes).reduce((sum, counts) => sum + lostOf(counts), 0);
}

const lostOf = (counts) => losing.reduce((sum, how) => sum + (counts[how] ?? 0), 0);

/** In words for a table. */
export function tellLosses(outcomes) {
  const parts = Object.entries(outcomes).flatMap(([group, counts]) =>
    losing.filter((how) => counts[how]).map((how) => `${counts[how]} ${group} ${how}`),
  );
  return parts.join(', ') || 'nothing';
}

/** @param all outcomes of several rounds, with the same groups */
export function sumOf(all) {
  const sums = {};
  for (const [group, counts] of all.flatMap(Object.entries)) {
    const sum = (sums[group] ??= {});
    for (const [how, count] of Object.entries(counts)) sum[how] = (sum[how] ?? 0) + count;
  }
  return sums;
}
