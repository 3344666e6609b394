import { Metadata, status, type StatusObject } from '@grpc/grpc-js';

/** gRPC's own word for it: a client whose retry policy covers UNAVAILABLE waits this long first. */
const PUSHBACK = 'grpc-retry-pushback-ms';

/**
 * For a call that never started, or can be made anew elsewhere.
 * @param retryAfter seconds
 */
export function tryElsewhere(retryAfter: number): StatusObject {
  const metadata = new Metadata();
  metadata.set(PUSHBACK, String(Math.round(retryAfter * 1000)));
  const details = `This replica is shutting down. Try again in ${retryAfter} s: another replica will answer.`;
  return { code: status.UNAVAILABLE, details, metadata };
}

/** For a call that was under way: whether it may be repeated is its client's to know. */
export function unfinished(): StatusObject {
  return {
    code: status.UNAVAILABLE,
    details:
      'This answer is incomplete: the replica is shutting down and had to end it before it was finished.',
    metadata: new Metadata(),
  };
}
