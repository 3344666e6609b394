/** What stands in a `LinkedList` carries its place in it. The list alone changes the two. */
export interface Linked<T> {
  before: T | undefined;
  behind: T | undefined;
}

/**
 * What comes and goes in any order, in the order in which it came. A Set does the same, but grows and shrinks with the
 * few that a quiet process has, at each of them, and takes more memory for each of the many. Written for each stream, so its
 * fields are as those of `Stream`.
 */
export class LinkedList<T extends Linked<T>> implements Iterable<T> {
  private first: T | undefined;
  private last: T | undefined;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @param added stands in no list */
  add(added: T): void {
    added.before = this.last;
    if (this.last) this.last.behind = added;
    else this.first = added;
    this.last = added;
    this.count += 1;
  }

  /** @param removed stands in this list. It lets go of the others, or a handler that keeps it would keep them all. */
  remove(removed: T): void {
    const { before, behind } = removed;
    if (before) before.behind = behind;
    else this.first = behind;
    if (behind) behind.before = before;
    else this.last = before;
    removed.before = removed.behind = undefined;
    this.count -= 1;
  }

  /** Over what stands in it now, whatever becomes of it meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    const all: T[] = [];
    for (let one = this.first; one; one = one.behind) all.push(one);
    return all.values();
  }
}
