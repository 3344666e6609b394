/**
 * ms for the end of one stream, until this process has measured its own: what an `@Sse()` route needs on a fifth of a
 * processor. Too much costs little: only the first wave comes too early.
 */
const assumed = 1;

/** How much an older wave counts against a newer one. */
const memory = 0.9;

/** How long this machine takes to tell one stream and end it, as its own waves measure it. */
export class TellingRate {
  #streams = 0;
  #ms = 0;

  get isMeasured(): boolean {
    return this.#streams > 0;
  }

  observe(streams: number, ms: number): void {
    this.#streams = this.#streams * memory + streams;
    this.#ms = this.#ms * memory + ms;
  }

  /** ms for so many streams. */
  timeFor(streams: number): number {
    return streams * (this.isMeasured ? this.#ms / this.#streams : assumed);
  }
}
