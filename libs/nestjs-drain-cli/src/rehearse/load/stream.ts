import { type LoadKind } from './load-plan.js';

/**
 * How one attempt ended: `clean` as the protocol ends it, `reset` broken off after the response began,
 * `refused` broken off before it, `status` by an answer other than 2xx, `idle` by silence,
 * `closed` by the client itself.
 */
export type Ending = 'clean' | 'reset' | 'refused' | 'status' | 'idle' | 'closed';

/** One connection attempt of a stream. Times in milliseconds of the rehearsal. */
export interface Attempt {
  readonly startedAt: number;
  firstByteAt?: number;
  lastByteAt?: number;
  endedAt: number;
  ending: Ending;
  /** The status of an answer, or the code that closed a WebSocket. */
  status?: number;
  /** The system's word for a broken connection, such as ECONNRESET. */
  error?: string;
  /** The request went over a connection that had been used before. */
  reused: boolean;
  /** The answer said `Connection: close`. */
  announcedClose: boolean;
  /** When the server closed the connection that the client kept idle after this answer, unannounced. */
  droppedIdleAt?: number;
  /** What the server said before it ended the attempt early. */
  told?: string;
  /** What it said was `retry:`, which asks a subscriber to come back. */
  askedBack?: boolean;
  clientPort?: number;
  /** The balancer's word for the pod, from its response header. */
  server?: string;
  /** The pod that served or refused it; found when the rehearsal is over. */
  pod?: string;
}

/** One stream of one client, over all its attempts. */
export interface Stream {
  readonly id: number;
  readonly client: number;
  readonly kind: LoadKind;
  readonly request: string;
  readonly attempts: Attempt[];
  /** Events, messages or answers received. */
  events: number;
  /** How its complete end was recognised. */
  terminal?: string;
  /** The end was an event, line or message that is known as one, not only the end of a body. */
  recognised?: boolean;
  /** The user named an end for streams of this kind: nothing else is one. */
  named: boolean;
  /** What proves that it ended in its middle, although its connection ended cleanly. */
  broken?: string;
  /** What was lost between two attempts. */
  gap?: string;
  /**
   * What was lost between two attempts if the end of the first was none: it ended cleanly and began again
   * from its first event, as a finite answer does that is asked for anew.
   */
  anew?: string;
  /** It was interrupted without a farewell, and no event but repeated ones says since whether it went on or began again. */
  awaited?: boolean;
  /** Why it cannot be known whether something was lost between two attempts. */
  doubt?: string;
  /** It was told to come back, and its ids began again, or do not tell whether it went on. */
  restarted?: boolean;
  /** The end of the last event before a clean end, for people. */
  lastPiece?: string;
  /** An attempt is being served. */
  connected: boolean;
  /** It has not ended, or had not when the rehearsal did. */
  open: boolean;
}

export function newAttempt(now: number): Attempt {
  return { startedAt: now, endedAt: now, ending: 'closed', reused: false, announcedClose: false };
}

/** When a stream's first attempt began and its last one ended. */
export function span(stream: Stream): { start: number; end: number } {
  return {
    start: stream.attempts[0]?.startedAt ?? 0,
    end: stream.attempts.at(-1)?.endedAt ?? 0,
  };
}
