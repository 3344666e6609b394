/** Lets parties that are started together do one part of their work one after the other, once all of them are there. */
export class Turns {
  #missing;
  #turns;

  /** @param parties how many there are; each takes one turn */
  constructor(parties) {
    this.#missing = parties;
    this.#turns = Array.from({ length: parties }, () => new Turn());
  }

  /** Runs `work` behind that of all lower places, whatever became of it. */
  async take(place, work) {
    this.#missing -= 1;
    if (this.#missing === 0) this.#turns[0].begin();
    await this.#turns[place].begun;
    try {
      return await work();
    } finally {
      this.#turns[place + 1]?.begin();
    }
  }
}

class Turn {
  begun = new Promise((resolve) => (this.begin = resolve));
}
