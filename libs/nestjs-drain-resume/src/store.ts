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
  /** `exists`: the id is taken. `tooMany`: the principal's limit of streams or bytes. `full`: the store's. */
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
  /** The log would outgrow its byte limit, or its principal's. A terminal event of up to 64 KiB is always taken. */
  | { readonly outcome: 'tooLarge'; readonly limit: number };

/** The reader has seen more than the log holds: the log lost its end, or the reader invents. */
export interface Ahead {
  readonly outcome: 'ahead';
  readonly next: number;
}

/**
 * The event that the reader has seen last was lost (a failover to a server that lagged behind) and another one
 * stands in its place: what follows belongs to another history.
 */
export interface Replaced {
  readonly outcome: 'replaced';
}

export type ReadRefused = Absent | Ahead | Replaced;

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

export type Deletion = { readonly outcome: 'deleted' } | Absent;

export interface Found {
  readonly outcome: 'found';
  readonly head: StreamHead;
}

/**
 * The log of streams that outlive their pod. One replica owns a stream at a time and proves it with the
 * epoch it got from `create` or `claim`; an epoch is never given twice for an id, so an owner that was
 * replaced writes nothing.
 *
 * Whatever the store decides is returned as data. It throws a `StoreUnavailableError` if it cannot be asked now: the
 * caller repeats the call as it is, as `create` and `append` are idempotent. Whatever else it throws is permanent:
 * the call is not repeated, and the stream ends with an error.
 *
 * `resumeStoreContract` in `nestjs-drain-resume/testing` checks an implementation.
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

  /**
   * At most `limit` events that follow `after`; -1 reads from the beginning.
   * @param epoch that of event `after` as the reader got it: `replaced` if the log has another one there.
   */
  read(id: string, after: number, limit: number, epoch?: number): Promise<StreamPage | ReadRefused>;

  /**
   * Pages with what follows `after`, then with what is appended, until the log is closed and read, or
   * `signal` aborts: both end it quietly.
   * @throws StreamReadError for what `read` returns as a refusal.
   */
  tail(id: string, after: number, signal: AbortSignal, epoch?: number): AsyncIterable<StreamPage>;

  head(id: string): Promise<Found | Absent>;

  /** Takes over an open stream whose lease has lapsed, under a new epoch and the lease it was created with. */
  claim(id: string, owner: string): Promise<Claimed | ClaimRefused>;

  /** Extends the lease without an append. */
  renew(id: string, epoch: number): Promise<Renewed | LeaseRefused>;

  /** Gives the stream up: its lease lapses now and its epoch ends, even for an append under way. */
  release(id: string, epoch: number): Promise<Released | LeaseRefused>;

  /** Notes that the stream is to be cancelled. Its owner reads it from the next `append` or `renew`. */
  requestCancel(id: string): Promise<CancelRequest>;

  /**
   * Forgets the stream at once, open or closed: its owner's next write finds it `gone`, and so do its readers.
   * @param incarnation as in `StreamHead`: with it nothing is forgotten of a stream that began anew under the id
   * meanwhile; the answer is `gone`.
   */
  delete(id: string, incarnation?: string): Promise<Deletion>;

  /** Ids that `claim` would probably give, released ones first. */
  listLapsed(limit: number): Promise<readonly string[]>;
}

/** What a replica says when it opens a stream's log. Times in seconds. */
export interface NewStream {
  /** From `ResumeStore.newId`: a caller that can guess an id can ask for the stream. */
  readonly id: string;
  /** The replica that produces, unique among all that share the store. */
  readonly owner: string;
  /** Who asked for the stream. Compared on every resume and cancel, never interpreted. */
  readonly principal: string;
  /** What a replica needs to continue the stream: opaque to the store. */
  readonly request: string;
  /** How long the owner may be silent before another replica may take the stream over. */
  readonly lease: number;
  /** How long the log is kept after its last sign of life. Longer than the lease. */
  readonly ttl: number;
}

/** One logged event. Sequences of a stream are 0, 1, 2 … without a gap. */
export interface StreamEvent {
  readonly sequence: number;
  /** As it was appended: opaque to the store. */
  readonly payload: string;
  /** Of the owner that appended it. With the sequence it names the event, also after a store lost its latest events. */
  readonly epoch: number;
}

/** What is known of a stream without reading its events. */
export interface StreamHead {
  readonly id: string;
  readonly principal: string;
  readonly request: string;
  /** Undefined once it was released. */
  readonly owner: string | undefined;
  readonly epoch: number;
  /** The sequence the next event will get: as many events are logged. */
  readonly next: number;
  /** The terminal event is logged; nothing follows it. */
  readonly closed: boolean;
  readonly cancelRequested: boolean;
  /** Open, and its owner was silent longer than its lease: anyone may claim it. */
  readonly lapsed: boolean;
  /** How often in a row a lapsed lease was claimed without an event logged since. A release does not count. */
  readonly attempts: number;
  /** Tells one life of a log from another: it differs if the store lost the stream and it was created anew. */
  readonly incarnation: string;
}

/** A part of a log, in order and without a gap. */
export interface StreamPage {
  readonly outcome: 'page';
  readonly events: readonly StreamEvent[];
  /** As in `StreamHead`: the page reaches the end of the log if its last event is `next - 1`. */
  readonly next: number;
  readonly closed: boolean;
  readonly incarnation: string;
}

/** From where a handler continues a stream: events below `next` are logged and must not be produced again. */
export interface ResumeCursor {
  readonly id: string;
  /** 0 for a new stream. */
  readonly next: number;
}
