/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** `event:`, or `message` without it. */
  readonly type: string;
  readonly data: string;
  /** The last `id:` up to and including this event; empty without one. */
  readonly id: string;
}
