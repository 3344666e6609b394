/** When an unfinished resumable stream is given to another replica. */
export type HandOffTime = 'deadline' | 'eager';

/** How a stream is given to another replica instead of being ended with a farewell. */
export interface HandOff {
  /** `deadline`: with the drain's deadline. `eager`: as soon as the drain refuses new streams. */
  readonly when: HandOffTime;
  /** Resolves when others may continue the stream; its transport is destroyed then. */
  release(): Promise<unknown>;
}

/** Writes one stream's log: this replica produces it now. */
export interface Production {
  /** Events below `next` are logged and must not be produced again. */
  readonly cursor: { readonly id: string; readonly next: number };
  /** Aborts when there is no point in producing further. */
  readonly signal: AbortSignal;
  write(payload: string): unknown;
  /** Logs the terminal event. Whoever produces calls it last, also when `signal` aborted. */
  close(payload: string): unknown;
  /** Gives the stream up to whoever asks for it next. */
  release(): unknown;
}

/** One reader of one resumable stream. */
export interface FollowedStream {
  readonly id: string;
  /** What it was started with. */
  readonly request: string;
  /** The last sequence the reader has; -1 for none. */
  readonly after: number;
  /** How many events there still are to read, if it is known that no more will come. */
  readonly left: number | undefined;
  /** Set if this replica has to produce the stream from now on: it is new, or was just taken over. */
  readonly production: Production | undefined;
  /**
   * What follows `after`, gapless and in order, up to the terminal event; ends quietly if `signal` aborts.
   * Calls `takeOver`, which must not throw, if this replica has to go on with the stream meanwhile.
   * @throws Error if the rest can only be had elsewhere, or not at all.
   */
  events(
    takeOver: (production: Production) => void,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly sequence: number; readonly payload: string }>;
}

/** What becomes of a stream that nobody reads. */
export interface UnreadPolicy {
  /** Whether production goes on to the end. */
  readonly background: boolean;
  /** Otherwise: seconds until production pauses. Whoever asks for the stream makes it go on. */
  readonly grace: number;
}

export interface StartRequest extends UnreadPolicy {
  readonly principal: string;
  /** What a replica needs to continue the stream. */
  readonly request: string;
}

/**
 * `leaving`: this replica shuts down, and another one has to go on with the stream. `unavailable`: the
 * store cannot be asked now. `unknown`, `gone`, `ahead`: nothing to resume. `tooMany`, `full`: no new stream.
 */
export type ResumptionRefusal =
  'leaving' | 'unavailable' | 'unknown' | 'gone' | 'ahead' | 'tooMany' | 'full';

export type Attended =
  | { readonly outcome: 'open'; readonly stream: FollowedStream }
  | { readonly outcome: ResumptionRefusal };

/** Port: how streams outlive their pod. Adapters find it by its token, `RESUMPTION`. */
export interface Resumption {
  /** Undefined if no other replica could go on. */
  readonly handOff: HandOff | undefined;
  start(order: StartRequest): Promise<Attended>;
  /** @param after the last sequence the reader has; -1 for none */
  resume(id: string, principal: string, after: number): Promise<Attended>;
}
