import { bisector } from 'd3-array';

/** Something that takes up a stretch of the time axis, in pixels. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const byStart = bisector((stretch: Stretch) => stretch.from);

/** Puts each stretch, in the given order, into the first lane where it overlaps nothing. */
export function pack<T extends Stretch>(stretches: readonly T[]): { item: T; lane: number }[] {
  const lanes: Stretch[][] = [];
  return stretches.map((item) => {
    let lane = lanes.findIndex((taken) => isFree(taken, item));
    if (lane < 0) lane = lanes.push([]) - 1;
    const taken = lanes[lane] ?? [];
    taken.splice(byStart.left(taken, item.from), 0, item);
    return { item, lane };
  });
}

function isFree(taken: readonly Stretch[], { from, to }: Stretch): boolean {
  const index = byStart.left(taken, from);
  const before = taken[index - 1];
  const after = taken[index];
  return (before === undefined || before.to <= from) && (after === undefined || after.from >= to);
}
