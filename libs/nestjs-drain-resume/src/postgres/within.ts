import type { Clock } from '../clock.js';

/** The server did not answer in time. */
export class NoAnswerError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds / 1000} s`);
  }
}

/** `work`, or a `NoAnswerError` after `timeout` milliseconds. */
export function within<T>(clock: Clock, timeout: number, work: Promise<T>): Promise<T> {
  let cancel = (): void => undefined;
  const tooLate = new Promise<never>((_, reject) => {
    cancel = clock.schedule(timeout, () => reject(new NoAnswerError(timeout)));
  });
  return Promise.race([work, tooLate]).finally(() => cancel());
}
