import type { Clock } from './clock.js';
import { StreamReadError } from './errors.js';
import type { ReadRefused, StreamPage } from './store.js';
import { WakeUp } from './wake-up.js';

/** What a store lends to have its tail made of reads. */
export interface TailSource {
  readonly clock: Clock;
  read(id: string, after: number, limit: number): Promise<StreamPage | ReadRefused>;
  /** Calls `wake` when the stream may have grown; returns how to stop that. May miss some. */
  watch(id: string, wake: () => void): () => void;
  /** Milliseconds after which to look without having been woken. */
  readonly poll: number;
  /** Milliseconds for which failing reads are repeated before their error is passed on. */
  readonly patience: number;
}

const pageSize = 256;

/** A store's `tail` from its `read` and a wake-up that may be lost: the data always comes from the log. */
export async function* tailByReading(
  source: TailSource,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<StreamPage, void, undefined> {
  const wake = new WakeUp();
  const unwatch = source.watch(id, () => wake.fire());
  let seen: string | undefined;
  let last = after;
  try {
    while (!signal.aborted) {
      const page = await readWithRetry(source, id, last, wake, signal);
      if (!page || signal.aborted) return;
      if (page.outcome !== 'page') throw refusal(id, page, seen);
      // The same id in another life of the store is another stream: never splice the two.
      if (seen !== undefined && seen !== page.incarnation) throw new StreamReadError(id, 'gone');
      seen = page.incarnation;
      last += page.events.length;
      if (page.events.length > 0) yield page;
      if (last < page.next - 1) continue;
      if (page.closed) return;
      await wake.wait(source.clock, source.poll, signal);
    }
  } finally {
    unwatch();
  }
}

function refusal(id: string, refused: ReadRefused, seen: string | undefined): StreamReadError {
  const lost = seen !== undefined && refused.outcome === 'unknown';
  return new StreamReadError(id, lost ? 'gone' : refused.outcome);
}

/** Undefined if `signal` aborted meanwhile. */
async function readWithRetry(
  source: TailSource,
  id: string,
  after: number,
  wake: WakeUp,
  signal: AbortSignal,
): Promise<StreamPage | ReadRefused | undefined> {
  const deadline = source.clock.now() + source.patience;
  while (!signal.aborted) {
    try {
      return await source.read(id, after, pageSize);
    } catch (error) {
      if (source.clock.now() >= deadline) throw error;
      await wake.wait(source.clock, source.poll, signal);
    }
  }
  return undefined;
}
