import type { Clock } from '../core/clock.js';

/** Milliseconds. While clients are answered, the clock is read no more often. */
const length = 50;

/** A span of time in which something happened. */
export interface Moment {
  /** The clock's ms at which it was over; not known while it lasts. */
  readonly end: number | undefined;
}

/**
 * When each client had its last answer, as exactly as a drain has to know it, and never too early: a clock that is read
 * for every answer costs more than all the rest that the library does for it (law 9).
 */
export class Moments {
  #current: { end: number | undefined } | undefined;
  #cancel: (() => void) | undefined;
  #isExact = false;

  constructor(private readonly clock: Clock) {}

  /** The moment that lasts now. */
  get now(): Moment {
    return this.#current ?? this.#begin();
  }

  /** All moments so far are over, and each that follows is a point in time. */
  sharpen(): void {
    this.#isExact = true;
    this.#end();
  }

  /** Takes `sharpen` back. */
  relax(): void {
    this.#isExact = false;
  }

  #begin(): Moment {
    if (this.#isExact) return { end: this.clock.now() };
    this.#cancel = this.clock.schedule(length, () => this.#end(), { keepsAlive: false });
    return (this.#current = { end: undefined });
  }

  #end(): void {
    this.#cancel?.();
    if (this.#current) this.#current.end = this.clock.now();
    this.#current = this.#cancel = undefined;
  }
}
