import { type IncomingMessage } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { Body } from './body.js';
import { Continuity } from './continuity.js';
import { EventText } from './event-text.js';
import { Farewells } from './farewells.js';
import { LastWords } from './last-words.js';
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
  readonly #lastWords = new LastWords();
  readonly #farewells = new Farewells();
  #body: Body | undefined;
  #text: EventText | undefined;
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
    return this.#farewells.said ?? (this.askedBack ? `retry: ${this.retry}` : undefined);
  }

  /** The last word was `retry:`: the server asks the client to come back. */
  get askedBack(): boolean {
    return this.#farewells.said === undefined && this.#lastWords.said;
  }

  /** A new attempt's answer begins. */
  begin(response: IncomingMessage): void {
    this.#farewells.begin();
    this.#lastWords.begin();
    this.#decoder = new StringDecoder('utf8');
    const sse = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
    this.stream.named = sse ? this.recognition.named.events : this.recognition.named.text;
    this.#body = sse ? undefined : new Body(response);
    this.#text = sse ? this.#eventText() : undefined;
  }

  read(chunk: Buffer): void {
    const text = this.#decoder.write(chunk);
    this.#text?.read(text);
    this.#takeLines(this.#body?.read(text) ?? []);
  }

  /**
   * The current attempt's answer ended. Outside SSE its framing may say whether it was whole.
   * @param silence milliseconds between its last byte and its end
   */
  end(ending: Ending, silence = 0): void {
    const [body, text] = [this.#body, this.#text];
    this.#body = this.#text = undefined;
    if (ending === 'clean') text?.end();
    this.#lastWords.end(ending, silence);
    if (ending !== 'clean') return;
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
    if (this.recognition.farewell(event)) this.#farewells.take(event);
    else if (this.recognition.complete(event)) this.#complete(event);
    else this.#farewells.goOn();
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

  #eventText(): EventText {
    return new EventText({
      event: (event) => this.take(event),
      retry: (milliseconds) => (this.retry = milliseconds),
      block: (block) => this.#lastWords.take(block),
    });
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
