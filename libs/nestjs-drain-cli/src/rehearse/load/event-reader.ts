import { type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { Body } from './body.js';
import { Continuity } from './continuity.js';
import { type Recognition, type StreamEvent } from './recognition.js';
import { type Attempt, type Ending, type Stream } from './stream.js';

const pieceLength = 80;

/** Reads the bytes of one stream's attempts and notes what they say about its end. */
export class EventReader {
  first?: StreamEvent;
  last?: StreamEvent;
  /** The reconnection time that the server last asked for. */
  retry?: number;
  readonly #continuity: Continuity;
  #body: Body | undefined;
  #feed: (text: string) => void = () => {};
  #farewell: string | undefined;
  #retryPending = false;
  #lastHadRetry = false;
  #wasTold = false;
  #decoder = new StringDecoder('utf8');

  constructor(
    private readonly stream: Stream,
    private readonly recognition: Recognition,
    private readonly completed: () => void = () => {},
  ) {
    this.#continuity = new Continuity(recognition.follows?.bind(recognition));
    stream.named = recognition.named.text;
  }

  get lastEventId(): string {
    return this.#continuity.lastEventId;
  }

  /** What ended the current attempt early: a farewell, or `retry:` as the last word before a clean end. */
  get told(): string | undefined {
    return this.#farewell ?? (this.askedBack ? `retry: ${this.retry}` : undefined);
  }

  /** The last word was `retry:`: the server asks the client to come back. */
  get askedBack(): boolean {
    return this.#farewell === undefined && (this.#retryPending || this.#lastHadRetry);
  }

  /** A new attempt's answer begins. */
  begin(response: IncomingMessage): void {
    this.#farewell = undefined;
    this.#retryPending = this.#lastHadRetry = false;
    this.#decoder = new StringDecoder('utf8');
    const sse = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
    this.stream.named = sse ? this.recognition.named.events : this.recognition.named.text;
    this.#body = sse ? undefined : new Body(response);
    this.#feed = sse ? this.#parser() : (text) => this.#takeLines(this.#body?.read(text) ?? []);
  }

  read(chunk: Buffer): void {
    this.#feed(this.#decoder.write(chunk));
  }

  /** The current attempt's answer ended. Outside SSE its framing may say whether it was whole. */
  end(ending: Ending): void {
    const body = this.#body;
    this.#body = undefined;
    if (ending !== 'clean') {
      // What broke off was not ended by its last words.
      this.#retryPending = this.#lastHadRetry = false;
      return;
    }
    if (body) this.#endBody(body);
    if (this.last) this.stream.lastPiece = pieceOf(this.last);
  }

  #endBody(body: Body): void {
    this.#takeLines(body.rest());
    const end = body.end();
    if ('broken' in end) this.stream.broken = end.broken;
    else if ('whole' in end && !this.stream.named && this.told === undefined) {
      this.stream.terminal ??= end.whole;
    }
  }

  /** The client will come back after this attempt. One that had no answer interrupted nothing. */
  interrupt({ ending, status, told }: Attempt): void {
    if (status === undefined) return;
    // A farewell excuses no earlier interruption that is still unsettled.
    this.#wasTold = told !== undefined && !this.stream.awaited;
    this.stream.awaited = !this.#wasTold;
    this.#continuity.interrupt(ending === 'clean');
  }

  /** One event, from whatever protocol. */
  take(event: StreamEvent): void {
    this.stream.events += 1;
    this.first ??= event;
    this.last = event;
    if (event.id !== undefined) this.#continue({ ...event, id: event.id });
    // Where events have ids, one without says nothing about those before it.
    else if (this.lastEventId === '') this.stream.awaited = false;
    this.#lastHadRetry = this.#retryPending;
    this.#retryPending = false;
    if (this.recognition.farewell(event)) {
      this.#farewell = event.event === 'message' ? event.data.slice(0, 60) : event.event;
    } else if (this.recognition.complete(event)) {
      this.#complete(event);
    } else {
      // It went on: what looked like a farewell was none.
      this.#farewell = undefined;
    }
  }

  #complete(event: StreamEvent): void {
    if (this.stream.terminal !== undefined) return;
    this.stream.terminal = event.event === 'message' ? event.data.slice(-60) : event.event;
    this.stream.recognised = true;
    this.completed();
  }

  #takeLines(lines: readonly string[]): void {
    for (const data of lines) this.take({ event: 'message', data });
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

  /** A client that was told to come back knows that its subscription begins anew; another one does not. */
  #continue(event: StreamEvent & { readonly id: string }): void {
    const continuation = this.#continuity.take(event);
    if (continuation.kind === 'repeated') return;
    this.stream.awaited = false;
    if (continuation.kind === 'seamless') return;
    if (continuation.kind === 'gap') this.stream.gap ??= continuation.what;
    else if (this.#wasTold) this.stream.restarted = true;
    else if (continuation.kind === 'restarted') this.stream.gap ??= continuation.what;
    else if (continuation.kind === 'anew') this.stream.anew ??= continuation.what;
    else this.stream.doubt ??= continuation.what;
  }
}

function pieceOf({ event, data }: StreamEvent): string {
  const name = event === 'message' ? '' : `event: ${event} `;
  return `${name}${data.trim().slice(-pieceLength)}`;
}
