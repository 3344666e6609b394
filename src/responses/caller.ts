import type { FollowedStream } from 'nestjs-drain-resume';
import type { ResponseLog } from './response-log.js';

/** Who reads a response. */
export interface Caller {
  readonly principal: string;
  /** Aborts when the caller leaves, and at the deadline of a drain. */
  readonly signal: AbortSignal;
}

/** The events of a kept response, for as long as this replica can give them and the caller is there. */
export function follow(log: ResponseLog, stream: FollowedStream, { principal, signal }: Caller) {
  // Where no other replica goes on after the deadline, the last events come then, and are to be read.
  return log.events(stream, principal, log.handOff ? signal : untilGone(signal));
}

/** Aborts when the caller leaves, not at the deadline. */
function untilGone(signal: AbortSignal): AbortSignal {
  const gone = new AbortController();
  const look = () => {
    if ((signal.reason as Error).cause !== 'deadline') gone.abort(signal.reason);
  };
  if (signal.aborted) look();
  else signal.addEventListener('abort', look, { once: true });
  return gone.signal;
}
