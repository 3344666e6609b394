import { type Client, type Order } from './clients/client.js';
import { parseWord } from './words.js';

/**
 * How the client of an answer saw it end. `short`: as if it were whole, with words missing, doubled or out of order.
 * `hang`: no end and no error.
 */
export type Ending = 'whole' | 'short' | 'error' | 'hang';

/** Milliseconds without a word after which a client hangs. resumable-stream's watchdog closes a stream after 20 s. */
const patience = 25_000;

/** What one client got of its answer. */
export class Reading {
  readonly places: number[] = [];
  /** Milliseconds from a word's production to its arrival. */
  readonly latencies: number[] = [];
  /** The longest time between two words, in milliseconds. */
  stall = 0;
  ending: Ending | undefined;
  error: unknown;
  #last = performance.now();

  constructor(private readonly length: number) {}

  add(text: string): void {
    const { place, madeAt } = parseWord(text);
    const now = performance.now();
    if (this.places.length > 0) this.stall = Math.max(this.stall, now - this.#last);
    this.#last = now;
    this.places.push(place);
    this.latencies.push(Number(process.hrtime.bigint() - madeAt) / 1e6);
  }

  get silence(): number {
    return performance.now() - this.#last;
  }

  get lost(): number {
    return this.length - new Set(this.places).size;
  }

  get doubled(): number {
    return this.places.length - new Set(this.places).size;
  }

  close(): void {
    const isWhole =
      this.places.length === this.length && this.places.every((place, index) => place === index);
    this.ending = isWhole ? 'whole' : 'short';
  }
}

/** Reads one answer until it ends, fails or hangs. */
export async function read(
  client: Client,
  order: Omit<Order, 'signal'>,
  reading: Reading,
): Promise<void> {
  const stop = new AbortController();
  const read = consume(client({ ...order, signal: stop.signal }), reading);
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (reading.silence > patience) resolve();
    }, 250);
  });
  await Promise.race([read, hangs]);
  clearInterval(timer);
  reading.ending ??= 'hang';
  stop.abort();
}

async function consume(words: AsyncIterable<string>, reading: Reading): Promise<void> {
  try {
    for await (const word of words) {
      if (reading.ending) return;
      reading.add(word);
    }
    if (!reading.ending) reading.close();
  } catch (error) {
    if (reading.ending) return;
    reading.ending = 'error';
    reading.error = error;
  }
}
