import type { ServerSentEvent } from './server-sent-event.js';

/** Takes a `text/event-stream` in pieces cut anywhere, as the HTML standard reads it. */
export class EventParser {
  #rest = '';
  #skipLineFeed = false;
  #data: string[] = [];
  #type = '';
  #id = '';
  #retry: number | undefined;

  /** The last `retry:` in milliseconds: how long the server wants to be left alone after a loss. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /** The events this piece completes. What is incomplete when the stream ends is no event. */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    for (const line of this.#lines(text)) {
      if (line === '') {
        const event = this.#dispatch();
        if (event) events.push(event);
      } else this.#field(line);
    }
    return events;
  }

  /** Complete lines. They end with CR LF, LF or CR; a CR at the end of a piece may belong to an LF to come. */
  #lines(text: string): string[] {
    if (text === '') return [];
    const fresh = this.#skipLineFeed && text.startsWith('\n') ? text.slice(1) : text;
    this.#skipLineFeed = text.endsWith('\r');
    const lines = fresh.split(/\r\n|\n|\r/);
    lines[0] = this.#rest + (lines[0] ?? '');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #field(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const raw = colon < 0 ? '' : line.slice(colon + 1);
    const value = raw.startsWith(' ') ? raw.slice(1) : raw;
    if (name === 'data') this.#data.push(value);
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.#retry = Number(value);
  }

  #dispatch(): ServerSentEvent | undefined {
    const { length } = this.#data;
    const event = { type: this.#type || 'message', data: this.#data.join('\n'), id: this.#id };
    this.#data = [];
    this.#type = '';
    return length > 0 ? event : undefined;
  }
}
