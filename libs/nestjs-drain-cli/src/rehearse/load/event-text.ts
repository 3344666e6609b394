import { createParser } from 'eventsource-parser';
import { type StreamEvent } from './recognition.js';

/** What the lines between two empty ones held. */
export interface Block {
  /** It had data, so it was an event. */
  readonly event: boolean;
  readonly retry: boolean;
  readonly comment: boolean;
}

export interface EventTextListener {
  event(event: StreamEvent): void;
  retry(milliseconds: number): void;
  /** Comes after the event of the same block. */
  block(block: Block): void;
}

const blockEnd = /(?:\r\n|\n|\r(?!\n)){2}/;

/**
 * The text of one SSE answer, block by block. The parser alone does not say whether `retry:` stood in the block of
 * an event or in one of its own.
 */
export class EventText {
  readonly #parser;
  #rest = '';
  #retry = false;
  #comment = false;

  constructor(private readonly listener: EventTextListener) {
    this.#parser = createParser({
      onEvent: ({ event, data, id }) =>
        listener.event({ event: event ?? 'message', data, ...(id === undefined ? {} : { id }) }),
      onRetry: (milliseconds) => {
        this.#retry = true;
        listener.retry(milliseconds);
      },
      onComment: () => (this.#comment = true),
    });
  }

  read(text: string): void {
    const blocks = (this.#rest + text).split(blockEnd);
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) this.#take(`${block}\n\n`);
  }

  /** The answer is over. A block without an empty line behind it is no event, but its whole lines count. */
  end(): void {
    this.#take(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    this.#retry = this.#comment = false;
    this.#parser.feed(text);
    const event = /^data\b/m.test(text);
    this.listener.block({ event, retry: this.#retry, comment: this.#comment });
  }
}
