import { GoneException, HttpException, NotFoundException } from '@nestjs/common';
import type { ResumptionRefusal } from 'nestjs-drain-resume';
import { StreamRefusedException } from '../streams/stream-refused.exception.js';

/** There is nothing more to read: an EventSource that gets 204 does not come back. */
export class StreamFinishedException extends HttpException {
  constructor() {
    super('The stream is finished.', 204);
  }
}

const remedies = {
  unknown: 'No such stream: it never existed, is not kept any longer, or belongs to somebody else.',
  gone: 'The stream was lost. Ask for the answer again.',
  tooMany: 'Too many streams are kept for this caller. Try again when older ones are forgotten.',
};

/** @param retryAfter seconds */
export function refusalException(refusal: ResumptionRefusal, retryAfter: number): HttpException {
  if (refusal === 'unknown') return new NotFoundException(remedies.unknown);
  if (refusal === 'gone' || refusal === 'ahead') return new GoneException(remedies.gone);
  if (refusal === 'tooMany') return new HttpException(remedies.tooMany, 429);
  return new StreamRefusedException(refusal, retryAfter);
}
