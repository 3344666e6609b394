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

/** What a status says about a stream that was open before. */
const lostReasons: Record<number, string> = {
  400: 'the stream cannot be resumed; was it created as resumable?',
  401: 'the credentials were refused',
  403: 'the credentials do not allow it',
  404: 'the stream is unknown: it is not kept any longer, or belongs to another user',
  410: 'the server has lost the stream, or a part of it; ask for the answer again',
};

/** What it may also say about the first GET behind another method. */
const readRemedy =
  'or the route takes no GET, with which the rest is asked for: let it take GET as well ' +
  '(in Nest `@Sse(path, { method: RequestMethod.ALL })`), or set `resumeUrl`';

/** What it says about a first request, whose address may be wrong. */
const firstReasons: Record<number, string> = {
  ...lostReasons,
  400: 'the server refused the request',
  404: 'nothing is at this address; check it',
  405: 'this address does not take this method; check both',
};

interface Refused {
  readonly sequence: number | undefined;
  /** Whether the request asked for a new stream. */
  readonly isFirst: boolean;
  /** Whether it was the GET that follows a request of another method. */
  readonly isHandOff?: boolean;
  readonly cause?: unknown;
}

/** An answer that no repetition will change. */
export function refusal(
  status: number,
  { sequence, isFirst, isHandOff = false, cause }: Refused,
): ResumeFailedError {
  const reason = (isFirst ? firstReasons : lostReasons)[status] ?? 'the server refused';
  const isUnknown = isHandOff && (status === 404 || status === 405);
  const text = isUnknown ? `${reason}; ${readRemedy}` : reason;
  return new ResumeFailedError(`HTTP ${status}: ${text}.`, { status, sequence, cause });
}

/** What a failed request says of itself, and of its cause: Node's `fetch failed` names the reason there. */
export function reasonOf(error: unknown): string {
  const { message, code, cause } = Object(error) as Record<string, unknown>;
  const own = [message, code, String(error)].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return cause instanceof Error ? `${String(own)}: ${reasonOf(cause)}` : String(own);
}

/** @throws LossError for what a reader of a stream failed with */
export function connectionBroke(error: unknown): never {
  throw new LossError(`the connection broke (${reasonOf(error)})`, undefined, error);
}

/** Whether an answer may be another one later or from another replica. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}
