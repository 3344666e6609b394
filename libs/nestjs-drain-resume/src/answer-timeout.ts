import type { Clock } from './clock.js';

interface Call {
  /** The clock's ms. */
  readonly end: number;
  readonly reject: (error: Error) => void;
}

/** The server did not answer in time. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/** Ends the wait for answers that do not come, with one timer for all calls: a busy process makes thousands a second. */
export class AnswerTimeout {
  /** In the order in which their time is over. */
  readonly #calls = new Set<Call>();
  #disarm: (() => void) | undefined;
  #last = Number.NEGATIVE_INFINITY;

  /** @param timeout milliseconds. */
  constructor(
    private readonly clock: Clock,
    private readonly timeout: number,
  ) {}

  /** The clock's ms at which the last answer came that was no error. */
  get last(): number {
    return this.#last;
  }

  /** What the answer brings, or how `ask` or the answer fails. @throws NoAnswerError if it does not come in time. */
  limit<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = ask();
      const call = { end: this.clock.now() + this.timeout, reject };
      this.#calls.add(call);
      this.#arm(this.timeout);
      answer.then(
        (value) => {
          this.#last = this.clock.now();
          this.#settle(call);
          resolve(value);
        },
        (error: unknown) => {
          this.#settle(call);
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        },
      );
    });
  }

  #arm(delay: number): void {
    this.#disarm ??= this.clock.schedule(delay, () => {
      this.#disarm = undefined;
      this.#round(this.clock.now());
    });
  }

  #round(now: number): void {
    for (const call of this.#calls) {
      if (call.end > now) {
        this.#arm(call.end - now);
        return;
      }
      this.#calls.delete(call);
      call.reject(new NoAnswerError(this.timeout));
    }
  }

  /** An idle process has no timer, which would keep it from its end. */
  #settle(call: Call): void {
    this.#calls.delete(call);
    if (this.#calls.size > 0) return;
    this.#disarm?.();
    this.#disarm = undefined;
  }
}
