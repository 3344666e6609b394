/** Aborts an answer for good, because its caller asked for it. */
export class CancelledByRequest extends Error {
  override readonly name = 'CancelledByRequest';

  constructor() {
    super('The response was cancelled by request.');
  }
}
