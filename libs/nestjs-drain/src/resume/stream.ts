/** What a replica says when it opens a stream's log. Times in seconds. */
export interface NewStream {
  /** From `ResumeStore.newId`: whoever can guess an id can ask for the stream. */
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
