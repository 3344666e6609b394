/** Less than this is what a busy machine makes of the same cost. */
export const rise = 1.25;

/**
 * The first size at which one unit costs clearly more than at a smaller size.
 * @param points `[size, cost]`, by size
 */
export function kneeOf(points) {
  let least = Infinity;
  for (const [size, cost] of points) {
    if (cost > least * rise) return { size, times: cost / least };
    least = Math.min(least, cost);
  }
  return undefined;
}
