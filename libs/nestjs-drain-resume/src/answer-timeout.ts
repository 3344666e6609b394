import type { Alarm, AlarmClock } from './clock.js';
import { OpenCall, OpenCalls } from './open-calls.js';

/** The server did not answer in time. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/**
 * Ends the wait for answers that do not come, with one timer for all calls: a busy process makes thousands a second. It
 * runs on while nothing is waited for, which a process does not notice that ends.
 */
export class AnswerTimeout {
  /** In the order in which their time is over. */
  readonly #calls = new OpenCalls();
  #alarm: Alarm | undefined;
  #last = Number.NEGATIVE_INFINITY;

  /** @param timeout milliseconds. */
  constructor(
    private readonly clock: AlarmClock,
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
   * @param recover gets the clock's ms of the call as well
   */
  ask<A, T>(
    ask: () => Promise<A>,
    read: (answer: A) => T | Promise<T>,
    recover: (error: unknown, asked: number) => T | Promise<T>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = new Call(this.clock.now(), read, recover, resolve, reject);
      try {
        this.#follow(call, Promise.resolve(ask()));
      } catch (error) {
        call.fail(error);
      }
    });
  }

  #follow<A, T>(call: Call<A, T>, answer: Promise<A>): void {
    if (!this.#calls.first) this.#alarm?.keepAlive(true);
    this.#calls.add(call);
    this.#arm(this.timeout);
    answer.then(
      (value) => {
        this.#last = this.clock.now();
        if (this.#settle(call)) call.succeed(value);
      },
      (error: unknown) => {
        if (this.#settle(call)) call.fail(error);
      },
    );
  }

  /** @returns whether it was still waited for */
  #settle(call: OpenCall): boolean {
    const isWaited = this.#calls.delete(call);
    if (!this.#calls.first) this.#alarm?.keepAlive(false);
    return isWaited;
  }

  #arm(delay: number): void {
    this.#alarm ??= this.clock.alarm(delay, () => this.#round(this.clock.now()));
  }

  #round(now: number): void {
    this.#alarm = undefined;
    const late: OpenCall[] = [];
    for (let call = this.#calls.first; call; call = this.#calls.first) {
      const left = call.asked + this.timeout - now;
      if (left > 0) {
        this.#arm(left);
        break;
      }
      this.#calls.delete(call);
      late.push(call);
    }
    // Behind the alarm for the others: what fails may ask again at once.
    for (const call of late) call.fail(new NoAnswerError(this.timeout));
  }
}

/** One call, and what becomes of it. */
class Call<A, T> extends OpenCall {
  constructor(
    asked: number,
    private readonly read: (answer: A) => T | Promise<T>,
    private readonly recover: (error: unknown, asked: number) => T | Promise<T>,
    private readonly resolve: (result: T | Promise<T>) => void,
    private readonly reject: (error: unknown) => void,
  ) {
    super(asked);
  }

  succeed(answer: A): void {
    try {
      this.resolve(this.read(answer));
    } catch (error) {
      this.reject(error);
    }
  }

  fail(error: unknown): void {
    try {
      this.resolve(this.recover(error, this.asked));
    } catch (other) {
      this.reject(other);
    }
  }
}

function same<T>(answer: T): T {
  return answer;
}

function rethrow(error: unknown): never {
  throw error;
}
