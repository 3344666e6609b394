import { type StreamEvent } from './recognition.js';

/** After so many farewells that were none, another one is no news. */
const often = 2;

/**
 * The farewells of one stream. Some events look like one and are none, such as the `error` of a log: the stream goes
 * on after them, again and again. One announcement before the end is no habit.
 */
export class Farewells {
  #last: StreamEvent | undefined;
  /** By the name of the event. */
  readonly #wentOn = new Map<string, number>();

  /** The farewell behind which this answer had nothing else but more farewells, or its terminal event. */
  get said(): string | undefined {
    if (!this.#last) return undefined;
    const { event, data } = this.#last;
    return event === 'message' ? data.slice(0, 60) : event;
  }

  /** A new answer begins. */
  begin(): void {
    this.#last = undefined;
  }

  /** This event looks like a farewell. */
  take(event: StreamEvent): void {
    if (this.#goneOnAfter(event) >= often) this.goOn();
    else this.#last = event;
  }

  /** Another event came: what looked like a farewell was none. */
  goOn(): void {
    if (this.#last) this.#wentOn.set(this.#last.event, this.#goneOnAfter(this.#last) + 1);
    this.#last = undefined;
  }

  #goneOnAfter({ event }: StreamEvent): number {
    return this.#wentOn.get(event) ?? 0;
  }
}
