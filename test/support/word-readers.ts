import { randomUUID } from 'node:crypto';
import type OpenAI from 'openai';
import { resumingFetch } from 'nestjs-drain-client';
import { words } from './clients.js';

export type Event = OpenAI.Responses.ResponseStreamEvent;

/** What a reader saw of one response. */
export interface Reading {
  readonly text: string;
  readonly sequences: readonly number[];
  readonly status: string | undefined;
  /** The longest time without an event, in milliseconds. */
  readonly stall: number;
}

const retrying = { shortestPause: 0.1, longestPause: 0.5, idleTimeout: 2.5, attempts: 40 };

/** Reads one response with the library's client, wherever it has to go for it. */
export async function readResponse(
  url: string,
  body: object,
  onBegun: () => void = () => undefined,
): Promise<Reading> {
  const init = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    body: JSON.stringify(body),
  };
  const events = resumingFetch(`${url}/v1/responses`, init, {
    ...retrying,
    isTerminal: ({ type }) => /^response\.(completed|incomplete|failed)$/.test(type),
  });
  return collect(announcing(parsed(events), onBegun));
}

/** Collects any iterable of response events. */
export async function collect(events: AsyncIterable<Event>): Promise<Reading> {
  let text = '';
  let status: string | undefined;
  let stall = 0;
  let last = performance.now();
  const sequences: number[] = [];
  for await (const event of events) {
    stall = Math.max(stall, performance.now() - last);
    last = performance.now();
    sequences.push(event.sequence_number);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if ('response' in event) status = event.response.status;
  }
  return { text, sequences, status, stall };
}

/** Clients that read responses of so many words at so many words a second, all at once. */
export class Readers {
  readonly input: string;
  readonly #readings: Promise<Reading>[];
  readonly #begun: Promise<unknown>;

  constructor(
    url: string,
    readonly count: number,
    { words: length, pace }: { words: number; pace: number },
  ) {
    this.input = words(length);
    const metadata = { tokens_per_second: pace };
    const body = { model: 'echo', input: this.input, metadata };
    const begun: Promise<void>[] = [];
    this.#readings = Array.from({ length: count }, () => {
      let onBegun = () => undefined as void;
      begun.push(new Promise((resolve) => (onBegun = resolve)));
      return readResponse(url, body, onBegun);
    });
    this.#begun = Promise.all(begun);
  }

  /** Resolves when each has its first event. What has not begun at a deadline is refused, not handed off. */
  async begun(): Promise<void> {
    await Promise.race([this.#begun, this.readings()]);
  }

  /** Resolves when all have read to the end. */
  readings(): Promise<Reading[]> {
    return Promise.all(this.#readings);
  }
}

async function* announcing(
  events: AsyncIterable<Event>,
  onBegun: () => void,
): AsyncGenerator<Event> {
  for await (const event of events) {
    onBegun();
    yield event;
  }
}

async function* parsed(events: AsyncIterable<{ readonly data: string }>): AsyncGenerator<Event> {
  for await (const { data } of events) yield JSON.parse(data) as Event;
}
