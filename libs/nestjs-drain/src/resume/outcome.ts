import type { StreamHead } from './stream.js';

/**
 * The store has no such stream. `unknown`: never existed, or its time is over. `gone`: the store has
 * lost what it held when the id was made (a restart of the memory store, a failover to an empty server).
 */
export interface Absent {
  readonly outcome: 'unknown' | 'gone';
}

export interface Created {
  readonly outcome: 'created';
  readonly epoch: number;
}

export interface CreateRefused {
  /** `exists`: the id is taken. `tooMany`: the principal's limit of retained streams. `full`: the store's. */
  readonly outcome: 'exists' | 'tooMany' | 'full';
}

export interface Appended {
  readonly outcome: 'appended';
  readonly next: number;
  readonly cancelRequested: boolean;
}

export type AppendRefused =
  /** `fenced`: the stream has another owner now. `closed`: nothing follows a terminal event. */
  | { readonly outcome: 'fenced' | 'closed' | 'gone' }
  /** Events are missing between the log's end and the first one of the batch. */
  | { readonly outcome: 'gapped'; readonly next: number }
  /** The log would outgrow its byte limit. A terminal event is still taken. */
  | { readonly outcome: 'tooLarge'; readonly limit: number };

/** The reader has seen more than the log holds: the log lost its end, or the reader invents. */
export interface Ahead {
  readonly outcome: 'ahead';
  readonly next: number;
}

export type ReadRefused = Absent | Ahead;

export interface Claimed {
  readonly outcome: 'claimed';
  /** With the new owner and epoch. */
  readonly head: StreamHead;
}

export type ClaimRefused =
  /** `held`: its owner is alive. */
  { readonly outcome: 'held' | 'closed' } | Absent;

export interface Renewed {
  readonly outcome: 'renewed';
  readonly cancelRequested: boolean;
}

export interface LeaseRefused {
  readonly outcome: 'fenced' | 'closed' | 'gone';
}

export interface Released {
  readonly outcome: 'released';
}

export type CancelRequest = { readonly outcome: 'requested' | 'closed' } | Absent;

export interface Found {
  readonly outcome: 'found';
  readonly head: StreamHead;
}
