import { distanceOf } from './distance.js';
import { IdHabit } from './id-habit.js';
import { type StreamEvent } from './recognition.js';

/** What an event after an interruption says about what was sent meanwhile. */
export type Continuation =
  | { readonly kind: 'seamless' }
  /** It is the last event once more. A stream that goes on may send it, so may one that begins again: wait for the next. */
  | { readonly kind: 'repeated' }
  /** Events are missing, or the numbering began again. */
  | { readonly kind: 'gap' | 'restarted'; readonly what: string }
  /** It ended cleanly and came back with its first id: something is missing only if that end was early. */
  | { readonly kind: 'anew'; readonly what: string }
  /** The ids do not tell. */
  | { readonly kind: 'unknown'; readonly what: string };

type Identified = StreamEvent & { readonly id: string };

/** Follows the ids of one stream over its interruptions. */
export class Continuity {
  /** What a client sends as Last-Event-ID. */
  lastEventId = '';
  /** Ids with which a numbering began. */
  readonly #beginnings = new Set<string>();
  readonly #habit = new IdHabit();
  #last: Identified | undefined;
  #interrupted: Identified | undefined;
  /** Every answer since the last event ended cleanly. */
  #cleanly = false;

  constructor(private readonly follows?: (before: StreamEvent, after: StreamEvent) => boolean) {}

  /** An answer ended, cleanly or not, and the client will come back. */
  interrupt(cleanly: boolean): void {
    this.#cleanly = cleanly && (this.#interrupted === undefined || this.#cleanly);
    this.#interrupted = this.#last;
  }

  /** Takes an event that has an id. Says what it means if nothing has settled the last interruption yet. */
  take(event: Identified): Continuation {
    const before = this.#interrupted;
    const verdict: Continuation = before ? this.#compare(before, event) : { kind: 'seamless' };
    if (!before && this.#last) this.#habit.take(this.#last.id, event.id);
    if (verdict.kind !== 'repeated') this.#interrupted = undefined;
    const goesOn = verdict.kind === 'seamless' || verdict.kind === 'repeated';
    if (!this.#last || !goesOn) this.#beginnings.add(event.id);
    this.#last = event;
    this.lastEventId = event.id;
    return verdict;
  }

  #compare(before: Identified, after: Identified): Continuation {
    const same = before.id === after.id && before.data === after.data;
    const begins = this.#beginnings.has(after.id);
    if (this.follows?.(before, after)) return { kind: 'seamless' };
    if (same && !begins) return { kind: 'repeated' };
    if (this.follows) return { kind: 'gap', what: `events between ${between(before, after)}` };
    if (begins && this.#cleanly) return { kind: 'anew', what: again(before, after) };
    if (same) {
      const what = `id ${after.id} came again, which was the first one too: it may be a repetition, or ids that began again`;
      return { kind: 'unknown', what };
    }
    return this.#measure(before, after);
  }

  /** What the distance of two ids says depends on how ids went on before. */
  #measure(before: Identified, after: Identified): Continuation {
    const distance = distanceOf(before.id, after.id);
    if (distance === undefined) {
      return { kind: 'unknown', what: `${between(before, after)} cannot be compared` };
    }
    if (this.#habit.erratic) {
      const what = `ids were seen to repeat or to go down before (${between(before, after)})`;
      return { kind: 'unknown', what };
    }
    if (distance <= 0n) return { kind: 'restarted', what: again(before, after) };
    if (distance === 1n) return { kind: 'seamless' };
    if (!this.#habit.counting) {
      const what = `ids were not seen to count up by 1 (${between(before, after)})`;
      return { kind: 'unknown', what };
    }
    return { kind: 'gap', what: `${distance - 1n} events between ${between(before, after)}` };
  }
}

function between(before: Identified, after: Identified): string {
  return `id ${before.id} and id ${after.id}`;
}

function again(before: Identified, after: Identified): string {
  return `what was sent meanwhile: its ids began again at ${after.id} after ${before.id}`;
}
