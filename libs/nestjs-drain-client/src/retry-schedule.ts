import type { Clock } from './clock.js';
import { LossError, ResumeFailedError } from './errors.js';
import { sleep } from './idle-timeout.js';
import { seconds, type OptionChecks } from './option-checks.js';

/** How a lost connection is restored. Times in seconds. */
export interface RetryOptions {
  /** Tries in a row that bring no event before giving up. Default 10. */
  attempts?: number;
  /** The pause before the first try; it doubles with each one, and a random part of it is left out. Default 0.25. */
  shortestPause?: number;
  /** Default 8. */
  longestPause?: number;
  /** A connection that brings nothing for so long counts as lost. Default 30; Infinity waits for ever. */
  idleTimeout?: number;
}

/** setTimeout's limit in seconds: 2^31 - 1 ms. A longer timer fires at once. */
const longestDuration = 2_147_483;

const pause = seconds(
  (value) => value >= 0 && value <= longestDuration,
  `set a number of seconds from 0 to ${longestDuration}`,
);

export const retryChecks: OptionChecks<RetryOptions> = {
  attempts: (value) =>
    value === Infinity || (Number.isInteger(value) && Number(value) >= 0)
      ? undefined
      : 'set a whole number from 0, or Infinity',
  shortestPause: pause,
  longestPause: pause,
  idleTimeout: seconds(
    (value) => value === Infinity || (value > 0 && value <= longestDuration),
    `set a number of seconds above 0, up to ${longestDuration}, or Infinity`,
  ),
};

/** The longest `Retry-After` that is waited for. */
const longestAdvice = 60_000;

/** Decides when to try again and when to give up. */
export class RetrySchedule {
  readonly #attempts: number;
  readonly #longest: number;
  readonly #shortest: number;
  #advised = 0;
  #failures = 0;

  constructor(
    options: RetryOptions,
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {
    this.#attempts = options.attempts ?? 10;
    this.#shortest = (options.shortestPause ?? 0.25) * 1000;
    this.#longest = (options.longestPause ?? 8) * 1000;
  }

  /** An event came: the next loss is the first one again. */
  progress(): void {
    this.#failures = 0;
  }

  /** The server's `retry:`, milliseconds: no pause is shorter. */
  advise(pause: number): void {
    this.#advised = Math.min(pause, longestAdvice);
  }

  /**
   * Waits until it is time for another try.
   * @throws ResumeFailedError when there were enough, and the signal's reason when it aborts.
   */
  async pause(error: unknown, sequence: number | undefined, signal: AbortSignal): Promise<void> {
    if (this.#failures++ >= this.#attempts) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ResumeFailedError(
        `Gave up after ${this.#attempts} tries without an event; the last one: ${reason}.`,
        { sequence, cause: error },
      );
    }
    await sleep(this.clock, this.#delay(error), signal);
  }

  #delay(error: unknown): number {
    const asked = error instanceof LossError ? error.retryAfter : undefined;
    const least = Math.min(asked ?? this.#advised, longestAdvice);
    const pause = Math.min(this.#shortest * 2 ** (this.#failures - 1), this.#longest);
    // Clients that lost the same replica must not come back all at once.
    return Math.max(least * (1 + this.random() / 4), asked === undefined ? this.#jitter(pause) : 0);
  }

  #jitter(pause: number): number {
    return pause * (1 - this.random() / 2);
  }
}

/** The milliseconds a `Retry-After` header asks for: seconds or a date. */
export function retryAfter(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const milliseconds = /^\d+$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
