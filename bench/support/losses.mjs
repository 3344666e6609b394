const losing = ['refused', 'reset', 'cut'];

/** @param outcomes of one run: by group of clients, how often each outcome came */
export function countLost(outcomes) {
  return Object.values(outcomes).reduce((sum, counts) => sum + lostOf(counts), 0);
}

const lostOf = (counts) => losing.reduce((sum, how) => sum + (counts[how] ?? 0), 0);

/** The worst run, in words for a table. */
export function tellLosses(runs) {
  const worst = runs.toSorted((a, b) => countLost(b) - countLost(a))[0];
  const parts = Object.entries(worst).flatMap(([group, counts]) =>
    losing.filter((how) => counts[how]).map((how) => `${counts[how]} ${group} ${how}`),
  );
  return parts.join(', ') || 'nothing';
}
