import { LossError } from './errors.js';

/** Lets every event through once and in order: sequences go up by one. */
export class SequenceGuard {
  #last: number | undefined;

  /** @param last the last sequence that is known; undefined takes the first one that comes. */
  constructor(last?: number) {
    this.#last = last;
  }

  get last(): number | undefined {
    return this.#last;
  }

  /**
   * Whether the event is new.
   * @throws LossError if events before it are missing: they have to be asked for.
   */
  admit(sequence: number): boolean {
    const expected = this.#last === undefined ? sequence : this.#last + 1;
    if (sequence < expected) return false;
    if (sequence > expected) {
      throw new LossError(`event ${sequence} came where ${expected} was expected`);
    }
    this.#last = sequence;
    return true;
  }
}
