import type { Page, PageSource } from './page-sources.js';

/** The reading of a stream for which this replica looks whether it still has a producer. */
export interface Watched {
  /** Aborts with the reader, and with the loss. */
  readonly signal: AbortSignal;
  /** Why the rest cannot be had here. */
  loss: Error | undefined;
  stop(): void;
}

/** What a reading consists of; `FollowingReader` provides it. */
export interface Steps {
  watch(): Watched;
  /** Where the next pages come from. */
  nearest(signal: AbortSignal): PageSource;
  /** What the reader has not had yet of a page. */
  advance(page: Page): Page;
  leave(): void;
}

type Result = IteratorResult<Page, void>;

const done: Result = { done: true, value: undefined };

/**
 * The pages of a stream, from one source after the other. No generator: each of its steps would cost several promises,
 * and there is one for nearly every event.
 */
export class FollowedPages implements AsyncIterableIterator<Page, void> {
  #watched: Watched | undefined;
  #source: PageSource | undefined;
  #isOver = false;

  constructor(private readonly steps: Steps) {}

  async next(): Promise<Result> {
    try {
      while (!this.#isOver) {
        const { signal } = (this.#watched ??= this.steps.watch());
        this.#source ??= this.steps.nearest(signal);
        const page = await this.#source.take();
        const news = page && this.steps.advance(page);
        if (!news) await this.#leaveSource(signal);
        else if (news.length > 0) return { done: false, value: news };
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    const loss = this.#watched?.loss;
    await this.return();
    if (loss) throw loss;
    return done;
  }

  /** A `next` that waits ends with it. */
  async return(): Promise<Result> {
    const [watched, source] = [this.#watched, this.#source];
    this.#isOver = true;
    this.#watched = this.#source = undefined;
    if (watched) {
      watched.stop();
      this.steps.leave();
    }
    await source?.leave();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Nothing more comes from here. */
  async #leaveSource(signal: AbortSignal): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.leave();
    this.#isOver ||= source?.isClosed === true || signal.aborted;
  }
}
