import { type Clock, scheduleBehindSockets } from './clock.js';
import type { Stream } from './stream.js';

interface Told {
  readonly due: number;
  readonly streams: readonly Stream[];
}

/**
 * Destroys the streams that were told to end and are still open `flushTimeout` later: counted from when each was
 * told, not from when the first was. One timer for all waves.
 */
export class FlushQueue {
  readonly #waves: Told[] = [];
  #isClosed = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds. */
    private readonly flushTimeout: number,
    /** All have been told, and the time of the last is over. */
    private readonly onOver: () => void,
  ) {}

  /** These have been told now. */
  add(streams: readonly Stream[], isLast = false): void {
    this.#waves.push({ due: this.clock.now() + this.flushTimeout, streams });
    this.#isClosed ||= isLast;
    if (this.#waves.length === 1) this.#arm();
  }

  stop(): void {
    this.#cancel?.();
  }

  #arm(): void {
    const [next] = this.#waves;
    if (!next) return;
    const left = Math.max(0, next.due - this.clock.now());
    // What has left meanwhile is released in between.
    this.#cancel = scheduleBehindSockets(this.clock, left, () => this.#flush());
  }

  #flush(): void {
    const told = this.#waves.shift();
    for (const stream of told?.streams ?? []) stream.destroy();
    if (this.#waves.length > 0) this.#arm();
    else if (this.#isClosed) this.onOver();
  }
}
