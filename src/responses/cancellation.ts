import { ProductionStoppedError } from 'nestjs-drain-resume';
import { CancelledByRequest } from '../models/cancelled-by-request.js';
import type { CancelSubject } from './response-composer.js';

/** Whether a response outgrew its log, or has an event that cannot be logged. */
export function isTooMuch({ reason }: ProductionStoppedError): boolean {
  return reason === 'tooLarge' || reason === 'backlog' || reason === 'rejected';
}

/**
 * How a response ends whose signal aborted: at the deadline of the drain it is `incomplete`
 * (`shutting_down`), otherwise `cancelled`, because its caller asked for it or has left.
 */
export function endingOf(reason: unknown): CancelSubject {
  if (reason instanceof CancelledByRequest) return { status: 'cancelled' };
  if (reason instanceof ProductionStoppedError && isTooMuch(reason)) {
    return { status: 'failed', message: 'The answer grew larger than what is kept of one.' };
  }
  const cause = reason instanceof Error ? reason.cause : undefined;
  if (cause === 'disconnect') return { status: 'cancelled' };
  return { status: 'incomplete', reason: 'shutting_down' };
}
