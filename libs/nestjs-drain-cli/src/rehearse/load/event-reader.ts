import { type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { type Recognition, type StreamEvent } from './recognition.js';
import { type Stream } from './stream.js';

/** Reads the bytes of one stream's attempts and notes what they say about its end. */
export class EventReader {
  first?: StreamEvent;
  last?: StreamEvent;
  lastEventId = '';
  /** The reconnection time that the server last asked for. */
  retry?: number;
  /** The body is SSE; other bodies are framed by HTTP alone. */
  sse = false;
  #feed: (text: string) => void = () => {};
  #farewell: string | undefined;
  #retryPending = false;
  #lastHadRetry = false;
  #decoder = new StringDecoder('utf8');
  #resumedFrom: string | undefined;

  constructor(
    private readonly stream: Stream,
    private readonly recognition: Recognition,
    private readonly completed: () => void = () => {},
  ) {}

  /** What the server said before it ended the current attempt: a farewell, or `retry:` as the last word. */
  get told(): string | undefined {
    const retry = this.#retryPending || this.#lastHadRetry ? `retry: ${this.retry}` : undefined;
    return this.#farewell ?? retry;
  }

  /** A new attempt's answer begins. */
  begin(response: IncomingMessage): void {
    this.#farewell = undefined;
    this.#retryPending = this.#lastHadRetry = false;
    this.#decoder = new StringDecoder('utf8');
    this.sse = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
    this.#resumedFrom = this.lastEventId === '' ? undefined : this.lastEventId;
    this.#feed = this.sse ? this.#parser() : (data) => this.take({ event: 'message', data });
  }

  read(chunk: Buffer): void {
    this.#feed(this.#decoder.write(chunk));
  }

  /** One event, from whatever protocol. */
  take(event: StreamEvent): void {
    this.stream.events += 1;
    this.first ??= event;
    this.last = event;
    if (event.id !== undefined) this.#remember(event.id);
    this.#lastHadRetry = this.#retryPending;
    this.#retryPending = false;
    if (this.recognition.farewell(event)) {
      this.#farewell = event.event === 'message' ? event.data.slice(0, 60) : event.event;
    } else if (this.recognition.complete(event) && this.stream.terminal === undefined) {
      this.stream.terminal = event.event === 'message' ? event.data.slice(-60) : event.event;
      this.completed();
    }
  }

  #parser(): (text: string) => void {
    const parser = createParser({
      onEvent: ({ event, data, id }) =>
        this.take({ event: event ?? 'message', data, ...(id === undefined ? {} : { id }) }),
      onRetry: (milliseconds) => {
        this.retry = milliseconds;
        this.#retryPending = true;
      },
    });
    return (text) => parser.feed(text);
  }

  /** Compares the first id after a resumption with the last one before it. */
  #remember(id: string): void {
    const before = Number(this.#resumedFrom);
    const missing = Number(id) - before - 1;
    if (missing > 0) {
      this.stream.gap = `${missing} events between id ${before} and id ${id}`;
    }
    this.#resumedFrom = undefined;
    this.lastEventId = id;
  }
}
