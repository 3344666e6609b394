import { grown } from './grown.js';
import type { StreamEvent } from './store.js';

/** Characters of payloads that may wait for one reader. A reader that lags further reads the log instead. */
const longestLag = 1024 * 1024;

/**
 * The events of one producer from the moment in which the store has confirmed them. A reader in the same process
 * takes them from here and spares the store a wake-up and a read; it gets nothing earlier than a reader elsewhere may.
 * Nothing is kept for readers to come: what they have missed is in the log.
 */
export class ConfirmedEvents {
  readonly #feeds = new Set<Feed>();
  #isOver = false;

  constructor(
    private readonly epoch: number,
    /** The sequence of the event that is confirmed next. */
    private next: number,
  ) {}

  /** The log is closed, or goes on with another producer. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** @param terminal whether the last one closes the log */
  confirm(payloads: readonly string[], terminal: boolean): void {
    const { epoch, next } = this;
    this.next += payloads.length;
    if (this.#feeds.size === 0) return;
    const events = payloads.map(
      (payload, index) => new ConfirmedEvent(next + index, payload, epoch),
    );
    for (const feed of this.#feeds) feed.add(events, terminal);
  }

  /** Nothing more is confirmed here. */
  end(): void {
    this.#isOver = true;
    for (const feed of this.#feeds) feed.end();
  }

  /** Everything that is confirmed from now on, until `leave`, or until `signal` aborts. */
  follow(signal: AbortSignal): Feed {
    const feed = new Feed(this.next, signal, () => this.#feeds.delete(feed));
    this.#feeds.add(feed);
    return feed;
  }
}

/** No literal, for the reason that `grown` gives. */
class ConfirmedEvent implements StreamEvent {
  constructor(
    readonly sequence: number,
    readonly payload: string,
    readonly epoch: number,
  ) {}
}

/** What one reader has still to take of a producer's events. */
export class Feed {
  /** As they were confirmed. */
  #waiting: (readonly StreamEvent[])[] = [];
  #lag = 0;
  #end: 'closed' | 'broken' | undefined;
  #wake: (() => void) | undefined;
  /** As the signal says. Each signal has a shape of its own, so that a look at it for each event is dear. */
  #isAborted: boolean;
  readonly #onAbort = () => {
    this.#isAborted = true;
    this.#rouse();
  };

  constructor(
    /** The sequence of the first event that this feed brings. */
    readonly from: number,
    private readonly signal: AbortSignal,
    private readonly forget: () => void,
  ) {
    this.#isAborted = signal.aborted;
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Set when everything was taken and the terminal event was among it. */
  get isClosed(): boolean {
    return this.#end === 'closed' && this.#waiting.length === 0;
  }

  /** @param terminal whether the last one closes the log */
  add(events: readonly StreamEvent[], terminal: boolean): void {
    this.#waiting = grown(this.#waiting, events);
    for (const { payload } of events) this.#lag += payload.length;
    // One event is kept however large it is.
    const isMany = this.#waiting.length > 1 || events.length > 1;
    if (this.#lag > longestLag && isMany) this.#giveUp();
    else if (terminal) this.#end = 'closed';
    this.#rouse();
  }

  /** Nothing more comes from here; without a terminal event the rest is in the log. */
  end(): void {
    this.#end ??= 'broken';
    this.#rouse();
  }

  /** Ends the feed; what still waits can be taken. */
  leave(): void {
    this.signal.removeEventListener('abort', this.#onAbort);
    this.forget();
  }

  /** What was confirmed since the last call; undefined if nothing comes any more, or the signal aborted. */
  take(): Promise<readonly StreamEvent[] | undefined> {
    if (this.#waiting.length > 0 || this.#end || this.#isAborted) {
      return Promise.resolve(this.#taken());
    }
    return new Promise((resolve) => (this.#wake = () => resolve(this.#taken())));
  }

  #taken(): readonly StreamEvent[] | undefined {
    if (this.#isAborted) return undefined;
    const pages = this.#waiting;
    this.#waiting = [];
    this.#lag = 0;
    return pages.length > 1 ? pages.flat() : pages[0];
  }

  #giveUp(): void {
    this.#end = 'broken';
    this.#waiting = [];
    this.leave();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
