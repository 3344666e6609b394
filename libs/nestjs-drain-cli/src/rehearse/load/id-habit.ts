import { distanceOf } from './distance.js';

/** How the ids of one stream went on as long as nothing interrupted it: what they prove afterwards depends on it. */
export class IdHabit {
  /** Each id so far was the one before it plus 1; false until there were two. */
  counting = false;
  /** An id was shared by several events, or less than the one before it. */
  erratic = false;
  #pairs = 0;

  take(before: string, after: string): void {
    const distance = distanceOf(before, after);
    this.counting = (this.counting || this.#pairs === 0) && distance === 1n;
    this.erratic ||= before === after || (distance !== undefined && distance <= 0n);
    this.#pairs += 1;
  }
}
