import type { Ending } from './response-composer.js';

/** Aborts a response because its caller asked for it. */
export class CancelledByRequest extends Error {
  override readonly name = 'CancelledByRequest';
  constructor() {
    super('The response was cancelled by request.');
  }
}

/**
 * How a response ends whose signal aborted: at the deadline of the drain it is `incomplete`
 * (`shutting_down`), otherwise `cancelled`, because its caller asked for it or has left.
 */
export function endingOf(reason: unknown): Ending {
  if (reason instanceof CancelledByRequest) return { status: 'cancelled', reason: 'cancelled' };
  const cause = reason instanceof Error ? reason.cause : undefined;
  if (cause === 'disconnect') return { status: 'cancelled', reason: 'disconnected' };
  return { status: 'incomplete', reason: 'shutting_down' };
}
