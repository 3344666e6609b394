import { type Block } from './event-text.js';
import { type Ending } from './stream.js';

/** Milliseconds before the end in which words are its announcement. What is said earlier belongs to the stream. */
const atTheEnd = 1000;

/**
 * Finds out whether an answer ended with `retry:` as its last words. Many services send `retry:` at the beginning of
 * each answer or with each event: only where the stream does not do so by habit, it announces an end.
 */
export class LastWords {
  #said = false;
  /** Events of the whole stream, and how many of them had `retry:` in their block. */
  #events = 0;
  #asking = 0;
  /** How often a block with nothing but `retry:` stood between two events. */
  #between = 0;
  /** This answer had an event, and since then `retry:` without one. */
  #hadEvent = false;
  #afterEvent = false;

  /** The last block asks the client to come back, as no block before it did. */
  get said(): boolean {
    return this.#said;
  }

  /** A new answer begins. */
  begin(): void {
    this.#said = this.#hadEvent = this.#afterEvent = false;
  }

  take({ event, retry, comment }: Block): void {
    if (event) this.#takeEvent(retry);
    else if (retry) this.#takeRetry();
    else if (comment) this.#said = false;
  }

  /** @param silence milliseconds between the last byte and the end */
  end(ending: Ending, silence: number): void {
    // What broke off was not ended by its last words.
    if (ending !== 'clean' || silence > atTheEnd) this.#said = false;
  }

  /** The first event of a stream may greet with `retry:`; a later one that is the first to do so says farewell. */
  #takeEvent(retry: boolean): void {
    this.#said = retry && this.#events > 0 && this.#asking === 0;
    if (this.#afterEvent) this.#between += 1;
    this.#events += 1;
    if (retry) this.#asking += 1;
    this.#hadEvent = true;
    this.#afterEvent = false;
  }

  /** An answer without an event is a refusal if it ends at once. */
  #takeRetry(): void {
    const habit = this.#hadEvent && 2 * this.#between >= this.#events;
    this.#said = !habit;
    this.#afterEvent = this.#hadEvent;
  }
}
