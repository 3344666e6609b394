const losing = ['refused', 'reset', 'cut'];

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
