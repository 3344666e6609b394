import { type StreamEvent } from './recognition.js';

/** What the first event after an interruption says about what was sent meanwhile. */
export type Continuation =
  | { readonly kind: 'seamless' }
  /** Events are missing, or the numbering began again. */
  | { readonly kind: 'gap' | 'restarted'; readonly what: string }
  /** It ended cleanly and came back with its first id: something is missing only if that end was early. */
  | { readonly kind: 'anew'; readonly what: string }
  /** The ids do not tell. */
  | { readonly kind: 'unknown'; readonly what: string };

/** Follows the ids of one stream over its interruptions. */
export class Continuity {
  /** What a client sends as Last-Event-ID. */
  lastEventId = '';
  #first: string | undefined;
  #last: StreamEvent | undefined;
  #interrupted: StreamEvent | undefined;
  /** Every answer since the last event ended cleanly. */
  #cleanly = false;
  /** Each id so far was the one before it plus 1; undefined until there were two. */
  #counting: boolean | undefined;

  constructor(private readonly follows?: (before: StreamEvent, after: StreamEvent) => boolean) {}

  /** An answer ended, cleanly or not, and the client will come back. */
  interrupt(cleanly: boolean): void {
    this.#cleanly = cleanly && (this.#interrupted === undefined || this.#cleanly);
    this.#interrupted = this.#last;
  }

  /** Takes an event that has an id. Says what it means if it is the first after an interruption. */
  take(event: StreamEvent & { readonly id: string }): Continuation {
    const before = this.#interrupted;
    const verdict: Continuation = before ? this.#compare(before, event) : { kind: 'seamless' };
    if (!before && this.#last) this.#count(this.#last, event);
    this.#interrupted = undefined;
    this.#first ??= event.id;
    this.#last = event;
    this.lastEventId = event.id;
    return verdict;
  }

  #count(before: StreamEvent, after: StreamEvent): void {
    const distance = distanceOf(before.id, after.id);
    this.#counting = (this.#counting ?? true) && distance === 1;
  }

  #compare(before: StreamEvent, after: StreamEvent): Continuation {
    const between = `id ${before.id} and id ${after.id}`;
    if (this.follows) {
      return this.follows(before, after)
        ? { kind: 'seamless' }
        : { kind: 'gap', what: `events between ${between}` };
    }
    const distance = distanceOf(before.id, after.id);
    if (distance === 0 && before.data === after.data) return { kind: 'seamless' };
    const again = `what was sent meanwhile: its ids began again at ${after.id} after ${before.id}`;
    if (this.#cleanly && after.id === this.#first) return { kind: 'anew', what: again };
    if (distance === undefined) {
      return { kind: 'unknown', what: `${between} cannot be compared` };
    }
    if (distance <= 0) return { kind: 'restarted', what: again };
    if (distance === 1) return { kind: 'seamless' };
    if (!this.#counting) {
      return { kind: 'unknown', what: `ids were not seen to count up by 1 (${between})` };
    }
    return { kind: 'gap', what: `${distance - 1} events between ${between}` };
  }
}

/** How far apart the numbers at the end of two ids are; undefined if what stands before them differs. */
function distanceOf(before = '', after = ''): number | undefined {
  const [a, b] = [numbered(before), numbered(after)];
  return a && b && a.prefix === b.prefix ? b.number - a.number : undefined;
}

function numbered(id: string) {
  const match = /^(.*?)(\d+)$/s.exec(id);
  return match && { prefix: match[1], number: Number(match[2]) };
}
