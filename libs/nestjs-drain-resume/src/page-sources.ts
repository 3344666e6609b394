import type { Feed } from './confirmed-events.js';
import { type LinkedSignal, linkSignals, readingOver } from './linked-signal.js';
import type { StreamEvent } from './store.js';

/** Events that follow each other; not empty. */
export type Page = readonly StreamEvent[];

/** Where a reader takes the events of its stream from. */
export interface PageSource {
  /** Set when everything was taken and the stream ends there. */
  readonly isClosed: boolean;
  /** What comes next; undefined if nothing comes from here any more. */
  take(): Promise<Page | undefined>;
  leave(): Promise<void>;
}

/** The log, until its end or until the reader is moved to the producer. */
export class LoggedPages implements PageSource {
  readonly #pages: AsyncGenerator<Page, void, undefined>;
  readonly #reading: LinkedSignal;
  #isClosed = false;

  constructor(
    signal: AbortSignal,
    read: (signal: AbortSignal) => AsyncGenerator<Page, void, undefined>,
  ) {
    this.#reading = linkSignals(signal);
    this.#pages = read(this.#reading.signal);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async take(): Promise<Page | undefined> {
    const page = await this.#pages.next();
    if (!page.done) return page.value;
    this.#isClosed = !this.#reading.signal.aborted;
    return undefined;
  }

  /** Nothing more is read from here: the producer is beside the reader now. */
  stop(): void {
    this.#reading.abort(readingOver);
  }

  async leave(): Promise<void> {
    this.#reading.dispose();
    await this.#pages.return();
  }
}

/** What a producer in this process confirms, behind what the log has of the time before. */
export class FedPages implements PageSource {
  /** Undefined once the reader has come to where the feed begins. */
  #missed: AsyncGenerator<Page, void, undefined> | undefined;

  constructor(
    private readonly feed: Feed,
    missed: AsyncGenerator<Page, void, undefined> | undefined,
  ) {
    this.#missed = missed;
  }

  get isClosed(): boolean {
    return this.feed.isClosed;
  }

  take(): Promise<Page | undefined> {
    return this.#missed ? this.#catchUp(this.#missed) : this.feed.take();
  }

  async leave(): Promise<void> {
    this.feed.leave();
    await this.#missed?.return();
  }

  async #catchUp(missed: AsyncGenerator<Page, void, undefined>): Promise<Page | undefined> {
    const { done, value: page } = await missed.next();
    if (!done && (page.at(-1)?.sequence ?? -1) + 1 < this.feed.from) return page;
    this.#missed = undefined;
    await missed.return();
    return done ? this.feed.take() : page;
  }
}
