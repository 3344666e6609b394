/** Lets those that start together do one part of their work one after the other. */
export class Turns {
  #last = Promise.resolve();

  /** Runs `work` behind all that came before, whatever became of it. */
  take(work) {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
