/** A stream that could not be read to its end. What was read is right and without a gap. */
export class ResumeFailedError extends Error {
  override readonly name = 'ResumeFailedError';
  /** The HTTP status that made further tries pointless, if it was one. */
  readonly status: number | undefined;
  /** The last sequence that was read; undefined for none. A later try may go on from there. */
  readonly sequence: number | undefined;

  constructor(
    message: string,
    details: { status?: number | undefined; sequence?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.sequence = details.sequence;
  }
}

/** The connection is lost, for now: try again. */
export class LossError extends Error {
  override readonly name = 'LossError';

  constructor(
    message: string,
    /** Milliseconds the server wants to be left alone, if it said so. */
    readonly retryAfter?: number,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

const reasons: Record<number, string> = {
  400: 'the stream cannot be resumed; was it created as resumable?',
  401: 'the credentials were refused',
  403: 'the credentials do not allow it',
  404: 'the stream is unknown: it is not kept any longer, or belongs to somebody else',
  410: 'the server has lost the stream, or a part of it; ask for the answer again',
};

/** An answer that no repetition will change. */
export function refusal(status: number, sequence: number | undefined, cause?: unknown) {
  const reason = reasons[status] ?? 'the server refused';
  return new ResumeFailedError(`HTTP ${status}: ${reason}.`, { status, sequence, cause });
}

/** Whether an answer may be another one later or from another replica. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
