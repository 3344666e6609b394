import type { Clock } from './clock.js';

interface Call {
  /** The clock's ms. */
  readonly end: number;
  readonly fail: (error: unknown) => void;
}

/** The server did not answer in time. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/**
 * Ends the wait for answers that do not come, with one timer for all calls: a busy process makes thousands a second. It
 * runs on while nothing is waited for, once, and keeps no process alive: what is asked does.
 */
export class AnswerTimeout {
  /** In the order in which their time is over. */
  readonly #calls = new Set<Call>();
  #isArmed = false;
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
    return this.ask(ask, same, rethrow);
  }

  /**
   * As `limit`, with what `read` makes of the answer and `recover` of the error, either of which may throw: all in one
   * promise, of which a busy process makes thousands a second.
   */
  ask<A, T>(
    ask: () => Promise<A>,
    read: (answer: A) => T | Promise<T>,
    recover: (error: unknown) => T | Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = <R>(make: (result: R) => T | Promise<T>, result: R): void => {
        try {
          resolve(make(result));
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
          reject(error);
        }
      };
      const fail = (error: unknown): void => settle(recover, error);
      let answer: Promise<A>;
      try {
        answer = ask();
      } catch (error) {
        return fail(error);
      }
      const call = this.#begin(fail);
      answer.then(
        (value) => {
          this.#last = this.clock.now();
          if (this.#calls.delete(call)) settle(read, value);
        },
        (error: unknown) => {
          if (this.#calls.delete(call)) fail(error);
        },
      );
    });
  }

  #begin(fail: Call['fail']): Call {
    const call = { end: this.clock.now() + this.timeout, fail };
    this.#calls.add(call);
    this.#arm(this.timeout);
    return call;
  }

  #arm(delay: number): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.clock.schedule(delay, () => this.#round(this.clock.now()), { keepsAlive: false });
  }

  #round(now: number): void {
    this.#isArmed = false;
    for (const call of this.#calls) {
      if (call.end > now) {
        this.#arm(call.end - now);
        return;
      }
      this.#calls.delete(call);
      call.fail(new NoAnswerError(this.timeout));
    }
  }
}

function same<T>(answer: T): T {
  return answer;
}

function rethrow(error: unknown): never {
  throw error;
}
