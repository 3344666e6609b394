import type { ResponseError } from 'openai/resources/responses/responses';

/** An answer failed for a reason that its caller has to know, because only the caller can mend it. */
export class AnswerFailedError extends Error {
  override readonly name = 'AnswerFailedError';

  constructor(readonly told: ResponseError) {
    super(told.message);
  }
}
