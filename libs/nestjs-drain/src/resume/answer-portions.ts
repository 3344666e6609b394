import type { FollowedStream, Production, StreamEvent } from 'nestjs-drain-resume';
import type { Portion } from '../core/resumption.js';
import { portionOf } from './portions.js';
import { eventId, EventIds, type StreamPosition } from './position.js';

type Page = readonly StreamEvent[];
type Result = IteratorResult<Portion, void>;

const done: Result = { done: true, value: undefined };
const nothing: Page = [];

/** Why a reading stops whose client has left. One for all: an error of its own would record where it was made. */
const clientLeft = new Error('The client has left.');

/**
 * What one client gets of its stream, from where it stands until the end. No generator: each of its steps would cost
 * several promises, and there is one for nearly every event.
 */
export class AnswerPortions implements AsyncIterator<Portion, void, undefined> {
  readonly #stop = new AbortController();
  readonly #ids: EventIds;
  #pages: AsyncIterator<Page, void> | undefined;
  #page = nothing;
  /** Of the page, what comes next. */
  #index = 0;
  /** What the client was told: milliseconds after which to come back. */
  #retry: number | undefined;
  #isLast = false;

  /** @param reconnectIn milliseconds; undefined while this replica does not shut down */
  constructor(
    private readonly stream: FollowedStream,
    private readonly position: StreamPosition,
    private readonly takeOver: (production: Production) => void,
    private readonly reconnectIn: () => number | undefined,
  ) {
    this.#ids = new EventIds(stream.id);
  }

  /** @throws what the reading throws; Error where the log was closed without an end, which is not a clean one */
  async next(): Promise<Result> {
    if (!this.#pages) return { done: false, value: this.#begin() };
    if (this.#isLast) return this.#leave();
    if (this.#index === this.#page.length && !(await this.#turn(this.#pages))) return done;
    const advice = this.#retry === undefined ? this.reconnectIn() : undefined;
    this.#retry ??= advice;
    try {
      const portion = portionOf(this.#ids, this.#page, this.#index, advice);
      this.#index = portion.end;
      this.#isLast = portion.isLast;
      return { done: false, value: portion };
    } catch (error) {
      await this.#leave();
      throw error;
    }
  }

  /** Not behind a `next` that waits for the log: that one ends with it. */
  async return(): Promise<Result> {
    this.#stop.abort(clientLeft);
    return this.#leave();
  }

  async #leave(): Promise<Result> {
    await this.#pages?.return?.();
    return done;
  }

  /** Before anything else: a client that loses this replica at once knows to what to come back. */
  #begin(): Portion {
    this.#pages = this.stream.pages(this.takeOver, this.#stop.signal)[Symbol.asyncIterator]();
    this.#retry = this.reconnectIn();
    const place = {
      id: eventId(this.position),
      ...(this.#retry !== undefined && { retry: this.#retry }),
    };
    return { events: [place], characters: 0 };
  }

  /** To the next page. @returns whether there is one: the drain or the client may have ended the reading */
  async #turn(pages: AsyncIterator<Page, void>): Promise<boolean> {
    // Not kept until the next one is there.
    this.#page = nothing;
    this.#index = 0;
    const { done: isOver, value: page } = await pages.next();
    if (!isOver) this.#page = page;
    else if (!this.#stop.signal.aborted) {
      throw new Error(`Stream ${this.stream.id} was closed without its last event.`);
    }
    return !isOver;
  }
}
