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
    super(StreamRefusedException.describe(reason, retryAfter).body);
  }

  /** The body of the answer, and its `Retry-After`, which is in whole seconds (RFC 9110, section 10.2.3). */
  static describe(reason: string, retryAfter: number) {
    const seconds = Math.ceil(retryAfter);
    return {
      seconds,
      body: {
        type: 'about:blank',
        title: 'Service Unavailable',
        status: 503,
        statusCode: 503,
        detail: `This replica is shutting down. Try again in ${seconds} s: another replica will answer.`,
        reason,
        retryAfter: seconds,
      },
    };
  }
}
