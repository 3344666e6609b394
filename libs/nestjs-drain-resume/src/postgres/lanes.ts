/** Runs what is to be done to one stream one after the other: the connections of a pool keep no order. */
export class Lanes {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id);
    const result = before ? before.then(work, work) : work();
    this.#last.set(id, result);
    const tidy = () => {
      if (this.#last.get(id) === result) this.#last.delete(id);
    };
    result.then(tidy, tidy);
    return result;
  }
}
