import type { Page, PageSource } from './page-sources.js';

/** The reading of a stream for which this replica looks whether it still has a producer. */
export interface Watched {
  /** Aborts with the reader, and with the loss. */
  readonly signal: AbortSignal;
  /** Why the rest cannot be had here. */
  loss: Error | undefined;
  /** @param isWaited whether what is read from must end now, for someone who waits for it */
  stop(isWaited: boolean): void;
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
  #isAsked = false;
  /** Calls of `next` behind the one under way. */
  readonly #behind: (() => void)[] = [];

  constructor(private readonly steps: Steps) {}

  async next(): Promise<Result> {
    if (this.#isAsked) await new Promise<void>((resolve) => this.#behind.push(resolve));
    this.#isAsked = true;
    try {
      while (!this.#isOver) {
        const { signal } = (this.#watched ??= this.steps.watch());
        this.#source ??= this.steps.nearest(signal);
        const page = await this.#source.take();
        const news = page && this.steps.advance(page);
        if (!news) await this.#leaveSource(signal);
        else if (news.length > 0) return { done: false, value: news };
      }
      if (this.#watched?.loss) throw this.#watched.loss;
      return await this.#end();
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      this.#letNext();
    }
  }

  /** A `next` that waits ends with it. */
  return(): Promise<Result> {
    return this.#end(this.#isAsked);
  }

  /** @param isWaited whether a `next` waits that has to end */
  async #end(isWaited = false): Promise<Result> {
    const [watched, source] = [this.#watched, this.#source];
    this.#isOver = true;
    this.#watched = this.#source = undefined;
    if (watched) {
      watched.stop(isWaited);
      this.steps.leave();
    }
    await source?.leave();
    return done;
  }

  #letNext(): void {
    const next = this.#behind.shift();
    if (next) next();
    else this.#isAsked = false;
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
