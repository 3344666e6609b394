import { StreamReadError } from './errors.js';
import type { ReadRefused, ResumeStore, StreamEvent, StreamHead } from './store.js';

export interface ReadRequest {
  readonly id: string;
  /** Who asks. */
  readonly principal: string;
  /** The last sequence the reader has; -1 for none. */
  readonly after: number;
}

/**
 * What is known of a stream, for the principal that created it. For anyone else it is `unknown`, and
 * nothing tells the two apart. Every resume, cancel and state request goes through here.
 */
export async function findStream(
  store: ResumeStore,
  id: string,
  principal: string,
): Promise<{ readonly outcome: 'found'; readonly head: StreamHead } | ReadRefused> {
  const result = await store.head(id);
  if (result.outcome !== 'found' || result.head.principal === principal) return result;
  return { outcome: 'unknown' };
}

/** Replays what a reader has missed and goes on with what is produced. Made by `openReader`. */
export class ResumableReader {
  constructor(
    private readonly store: ResumeStore,
    /** As it was when the reader was opened. */
    readonly head: StreamHead,
    private readonly after: number,
  ) {}

  /** How many events there still are to read, if it is known that no more will come. */
  get left(): number | undefined {
    const { closed, next } = this.head;
    return closed ? next - 1 - this.after : undefined;
  }

  /** There is nothing to read and nothing will come. */
  get isAtEnd(): boolean {
    return this.left === 0;
  }

  /**
   * The events that follow, gapless and in order, until the terminal one. Ends quietly if `signal` aborts.
   * @throws StreamReadError if the store lost the stream meanwhile.
   */
  async *events(signal: AbortSignal): AsyncGenerator<StreamEvent, void, undefined> {
    const { id, incarnation } = this.head;
    for await (const page of this.store.tail(id, this.after, signal)) {
      if (page.incarnation !== incarnation) throw new StreamReadError(id, 'gone');
      yield* page.events;
    }
  }
}

/** A reader for whoever may read the stream from there, or why not. */
export async function openReader(
  store: ResumeStore,
  { id, principal, after }: ReadRequest,
): Promise<{ readonly outcome: 'open'; readonly reader: ResumableReader } | ReadRefused> {
  const result = await findStream(store, id, principal);
  if (result.outcome !== 'found') return result;
  const { head } = result;
  if (after >= head.next) return { outcome: 'ahead', next: head.next };
  return { outcome: 'open', reader: new ResumableReader(store, head, after) };
}
