/** Lets parties that are started together do one part of their work one after the other, once all of them are there. */
export class Turns {
  #missing;
  #begin;
  #last = new Promise((resolve) => (this.#begin = resolve));

  /** @param parties how many there are; each takes one turn */
  constructor(parties) {
    this.#missing = parties;
  }

  /** Runs `work` behind all that came before, whatever became of it. */
  take(work) {
    this.#missing -= 1;
    if (this.#missing === 0) this.#begin();
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
