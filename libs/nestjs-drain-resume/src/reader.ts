import { StreamReadError } from './errors.js';
import type { Absent, Found, ReadRefused, ResumeStore, StreamEvent, StreamHead } from './store.js';

export interface ReadRequest {
  readonly id: string;
  /** Who asks. */
  readonly principal: string;
  /** The last sequence the reader has; -1 for none. */
  readonly after: number;
  /** That event's epoch, as `StreamEvent` had it: a log that lost the event and has another one there is `replaced`. */
  readonly epoch?: number | undefined;
  /** The life of the log that the reader knows, as in `StreamHead`: one that begins anew under the same id is `gone`. */
  readonly incarnation?: string | undefined;
}

/** The event that a reader has seen last; sequence -1 for none. */
export type ReadPosition = Pick<StreamEvent, 'sequence'> & {
  /** Undefined if the reader does not know it. */
  readonly epoch: number | undefined;
};

/**
 * What is known of a stream, for the principal that created it. For anyone else it is `unknown`, and
 * nothing tells the two apart. Every resume, cancel and state request goes through here.
 */
export async function findStream(
  store: ResumeStore,
  id: string,
  principal: string,
): Promise<Found | Absent> {
  const result = await store.head(id);
  if (result.outcome !== 'found' || result.head.principal === principal) return result;
  return { outcome: 'unknown' };
}

/** Clients choose it: what is no sequence, and not -1, is invented as well. */
export function isPlaceIn({ next }: StreamHead, after: number): boolean {
  return Number.isSafeInteger(after) && after >= -1 && after < next;
}

/** Replays what a reader has missed and goes on with what is produced. Made by `openReader`. */
export class ResumableReader {
  constructor(
    private readonly store: ResumeStore,
    /** As it was when the reader was opened. */
    readonly head: StreamHead,
    /** Where the reader was opened. */
    readonly position: ReadPosition,
    /** The first event that follows, if it was logged when the reader was opened. */
    readonly first: StreamEvent | undefined,
  ) {}

  /** How many events there still are to read, if it is known that no more will come. */
  get left(): number | undefined {
    const { closed, next } = this.head;
    return closed ? next - 1 - this.position.sequence : undefined;
  }

  /** There is nothing to read and nothing will come. */
  get isAtEnd(): boolean {
    return this.left === 0;
  }

  /**
   * The events that follow `position`, gapless and in order, until the terminal one. Ends quietly if `signal` aborts.
   * @throws StreamReadError if the store lost the stream meanwhile.
   */
  async *events(
    signal: AbortSignal,
    position: ReadPosition = this.position,
  ): AsyncGenerator<StreamEvent, void, undefined> {
    for await (const events of this.pages(signal, position)) yield* events;
  }

  /** As `events`, so many at a time as are there. */
  async *pages(
    signal: AbortSignal,
    { sequence, epoch }: ReadPosition = this.position,
  ): AsyncGenerator<readonly StreamEvent[], void, undefined> {
    const { id, incarnation } = this.head;
    for await (const page of this.store.tail(id, sequence, signal, epoch)) {
      if (page.incarnation !== incarnation) throw new StreamReadError(id, 'gone');
      yield page.events;
    }
  }
}

export type OpenedReader =
  { readonly outcome: 'open'; readonly reader: ResumableReader } | ReadRefused;

/** A reader for a principal that may read the stream from there, or why not. */
export async function openReader(
  store: ResumeStore,
  { id, principal, after, epoch, incarnation }: ReadRequest,
): Promise<OpenedReader> {
  const result = await findStream(store, id, principal);
  if (result.outcome !== 'found') return result;
  const { head } = result;
  if (incarnation !== undefined && incarnation !== head.incarnation) return { outcome: 'gone' };
  const position = { sequence: after, epoch };
  if (!isPlaceIn(head, after)) return { outcome: 'ahead', next: head.next };
  if (head.next === 0) {
    return { outcome: 'open', reader: new ResumableReader(store, head, position, undefined) };
  }
  // Asks for an event too: a log that lost its events has to be refused before anything is answered.
  const page = await store.read(id, after, 1, epoch);
  if (page.outcome !== 'page') return page;
  const [first] = page.events;
  return { outcome: 'open', reader: new ResumableReader(store, head, position, first) };
}
