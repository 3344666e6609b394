import {
  GoneException,
  HttpException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { ResumptionRefusal } from 'nestjs-drain-resume';

/** There is nothing more to read: an EventSource that gets 204 does not come back. */
export class StreamFinishedException extends HttpException {
  constructor() {
    super('The stream is finished.', 204);
  }
}

const remedies = {
  unknown:
    'No such stream: it never existed, is not kept any longer, or belongs to another caller.',
  gone: 'The stream was lost. Ask for the answer again.',
  tooMany: 'Too many streams are kept for this caller. Try again when older ones are forgotten.',
  full: 'Too many streams are kept. Try again later.',
  leaving: 'This replica is shutting down: another one goes on with the stream. Try again.',
  exists: 'Streams cannot be kept or read at the moment. Try again.',
  unavailable: 'Streams cannot be kept or read at the moment. Try again.',
};

/** The answer to a stream that cannot be had: 404, 410, 429 or 503. For handlers that use `ResumableStreamService`, too. */
export function refusalException(refusal: ResumptionRefusal): HttpException {
  switch (refusal) {
    case 'unknown':
      return new NotFoundException(remedies.unknown);
    case 'gone':
    case 'ahead':
    case 'replaced':
      return new GoneException(remedies.gone);
    case 'tooMany':
      return new HttpException(remedies.tooMany, 429);
    default:
      return new ServiceUnavailableException(remedies[refusal]);
  }
}
