/** The input cannot be judged at all; the message says what was wrong and what to pass instead. Exit code 2. */
export class UnusableInputError extends Error {
  override readonly name = 'UnusableInputError';
}

/** Something that could not be read, while the rest could; the check then ends with exit code 2. */
export interface Unread {
  readonly file: string;
  /** Place, what is wrong there and what to do. */
  readonly sentence: string;
}
