/** Picks one after another, whatever list it is asked about. */
export class RoundRobin {
  #turn = 0;

  /** The next; `undefined` when there is none. */
  pick<T>(choices: readonly T[]): T | undefined {
    this.#turn += 1;
    return choices[this.#turn % Math.max(choices.length, 1)];
  }
}
