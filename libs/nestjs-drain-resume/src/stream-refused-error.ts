import type { ResumptionRefusal } from './resumable-stream-service.js';

const refusals: Record<ResumptionRefusal, readonly [status: number, remedy: string]> = {
  unknown: [404, 'there is no such stream for this principal'],
  gone: [410, 'the store lost it; delete it, and ask again'],
  ahead: [410, 'the log holds less than the reader has; delete it, and ask again'],
  replaced: [410, 'the log lost what the reader has; delete it, and ask again'],
  exists: [409, 'the id is taken'],
  tooMany: [
    429,
    'the principal keeps as many streams or bytes as it may; delete some, or raise the limits of the store',
  ],
  full: [503, 'the store keeps as much as it may; try again later, or raise its limits'],
  leaving: [503, 'this process shuts down; ask again, and another one answers'],
  unavailable: [503, 'the store cannot be asked now; try again'],
};

/** A stream cannot be had now. */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError';
  /** The status of HTTP that says the same: 404, 409, 410, 429 or 503. */
  readonly status: number;

  constructor(readonly reason: ResumptionRefusal) {
    const [status, remedy] = refusals[reason];
    super(`The stream cannot be read or made: ${remedy}.`);
    this.status = status;
  }
}
