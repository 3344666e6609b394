import { createParser } from 'eventsource-parser';

/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** `event:`, or `message` without it. */
  readonly type: string;
  readonly data: string;
  /** The last `id:` up to and including this event; empty without one. */
  readonly id: string;
}

/** The events of a `text/event-stream` in pieces, with the id that the standard carries on. */
export class EventParser {
  #events: ServerSentEvent[] = [];
  readonly #carrying = new WeakSet<ServerSentEvent>();
  #id = '';
  #retry: number | undefined;
  readonly #parser = createParser({
    onEvent: ({ event: type = 'message', data, id }) => {
      this.#id = id ?? this.#id;
      const event = { type, data, id: this.#id };
      if (id === undefined && event.id !== '') this.#carrying.add(event);
      this.#events.push(event);
    },
    onRetry: (pause) => (this.#retry = pause),
  });

  /** The last `retry:` in milliseconds: how long the server wants to be left alone after a loss. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /** Whether the id of an event is that of an earlier one, which it only carries on. */
  carriesId(event: ServerSentEvent): boolean {
    return this.#carrying.has(event);
  }

  /** The events that this piece completes. What is incomplete when the stream ends is no event. */
  push(text: string): ServerSentEvent[] {
    this.#parser.feed(text);
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
