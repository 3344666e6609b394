import type {
  Absent,
  AppendRefused,
  Appended,
  CancelRequest,
  ClaimRefused,
  Claimed,
  CreateRefused,
  Created,
  Found,
  LeaseRefused,
  ReadRefused,
  Released,
  Renewed,
} from './outcome.js';
import type { NewStream, StreamPage } from './stream.js';

/**
 * The log of streams that outlive their pod. One replica owns a stream at a time and proves it with the
 * epoch it got from `create` or `claim`; an epoch is never given twice for an id, so an owner that was
 * replaced writes nothing.
 *
 * Whatever the store decides is returned as data. A method throws only if the store cannot be asked;
 * the caller may then repeat the call as it is: `create` and `append` are idempotent.
 *
 * `resumeStoreContract` in `nestjs-drain/testing` checks an implementation.
 */
export interface ResumeStore {
  /** Whether other replicas see the same streams, and a restart of this process leaves them alone. */
  readonly shared: boolean;

  /** An id of at least 128 unguessable bits behind `prefix`, from which the store later tells `gone` from `unknown`. */
  newId(prefix?: string): Promise<string>;

  /** Opens a log. Repeated by the same owner before the first event, it gives the same epoch again. */
  create(stream: NewStream): Promise<Created | CreateRefused>;

  /**
   * Logs events `first`, `first + 1` … and extends the lease. Events that are logged already are skipped,
   * so a repeated call changes nothing. All or nothing. `terminal` closes the log behind the last event.
   */
  append(
    id: string,
    epoch: number,
    first: number,
    events: readonly string[],
    terminal?: boolean,
  ): Promise<Appended | AppendRefused>;

  /** At most `limit` events that follow `after`; -1 reads from the beginning. */
  read(id: string, after: number, limit: number): Promise<StreamPage | ReadRefused>;

  /**
   * Pages with what follows `after`, then with what is appended, until the log is closed and read, or
   * `signal` aborts: both end it quietly.
   * @throws StreamReadError for what `read` returns as a refusal.
   */
  tail(id: string, after: number, signal: AbortSignal): AsyncIterable<StreamPage>;

  head(id: string): Promise<Found | Absent>;

  /** Takes over an open stream whose lease has lapsed, under a new epoch and the lease it was created with. */
  claim(id: string, owner: string): Promise<Claimed | ClaimRefused>;

  /** Extends the lease without an append. */
  renew(id: string, epoch: number): Promise<Renewed | LeaseRefused>;

  /** Gives the stream up: its lease lapses now and its epoch ends, even for an append under way. */
  release(id: string, epoch: number): Promise<Released | LeaseRefused>;

  /** Notes that the stream is to be cancelled. Its owner reads it from the next `append` or `renew`. */
  requestCancel(id: string): Promise<CancelRequest>;

  /** Ids that `claim` would probably give, released ones first. */
  listLapsed(limit: number): Promise<readonly string[]>;
}
