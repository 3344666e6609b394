import { ServiceUnavailableException } from '@nestjs/common';

/**
 * The 503 of a stream that was refused, or ended before its first byte. `Retry-After` and
 * `Connection: close` are already on the response; an exception filter may reshape the body.
 */
export class StreamRefusedException extends ServiceUnavailableException {
  constructor(
    /** `draining` or `drained` for a refusal, `deadline` for an answer that came too late. */
    readonly reason: string,
    /** Seconds. */
    readonly retryAfter: number,
  ) {
    super({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      statusCode: 503,
      detail: `This replica is shutting down. Try again in ${retryAfter} s: another replica will answer.`,
      reason,
      retryAfter,
    });
  }
}
