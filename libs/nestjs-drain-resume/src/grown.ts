/**
 * `list` with `one` more: a new one where it was empty. V8 gives the first that is pushed room for 17, and nearly every
 * list of events holds one. No literal: once most lists of a busy moment have outlived a collection, V8 would make those of
 * this place among the old objects, where they keep their events until the next full collection.
 */
export function grown<T>(list: T[], one: T): T[] {
  if (list.length === 0) return Array.of(one);
  list.push(one);
  return list;
}
