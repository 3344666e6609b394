import type { DrainPhase } from './phase.js';
import type { StreamHandle } from './stream-handle.js';

/** Why a new stream was turned away, and when it is worth another try. */
export interface Refusal {
  readonly admitted: false;
  readonly reason: Exclude<DrainPhase, 'serving' | 'lameDuck'>;
  /** Seconds after which the client may try again: another replica will answer. */
  readonly retryAfter: number;
}

/** The answer to a stream that wants in: counted (a handle) or refused, never in between. */
export type Admission = StreamHandle | Refusal;
