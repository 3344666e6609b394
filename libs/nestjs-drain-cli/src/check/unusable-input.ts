/** The input cannot be judged at all; the message says what was wrong and what to pass instead. Exit code 2. */
export class UnusableInputError extends Error {
  override readonly name = 'UnusableInputError';
}
