import type { Clock } from './clock.js';
import { StreamReadError } from './errors.js';
import type { ReadRefused, ResumeStore, StreamPage } from './store.js';
import { retry, WakeUp } from './waiting.js';

/** What a store lends to have its tail made of reads. Durations in milliseconds. */
export interface TailSource {
  readonly clock: Clock;
  readonly read: ResumeStore['read'];
  /** Calls `wake` when the stream may have grown; returns how to stop that. May miss some. */
  watch(id: string, wake: () => void): () => void;
  /** After how long to look without having been woken. */
  readonly poll: number;
  /** For how long reads are repeated while the store cannot be asked. */
  readonly storeTimeout: number;
}

const pageSize = 256;

/** A store's `tail` from its `read` and a wake-up that may be lost: the data always comes from the log. */
export async function* tailByReading(
  source: TailSource,
  id: string,
  after: number,
  signal: AbortSignal,
  epoch?: number,
): AsyncGenerator<StreamPage, void, undefined> {
  const wake = new WakeUp();
  const rouse = () => wake.fire();
  const unwatch = source.watch(id, rouse);
  // A read that is repeated waits too.
  signal.addEventListener('abort', rouse);
  let incarnation: string | undefined;
  let last = { sequence: after, epoch };
  try {
    while (!signal.aborted) {
      const page = await readAgain(source, id, last, wake, signal);
      if (!page || signal.aborted) return;
      if (page.outcome !== 'page') throw refusal(id, page, incarnation);
      // The same id in another life of the store is another stream: never splice the two.
      if (incarnation !== undefined && incarnation !== page.incarnation) {
        throw new StreamReadError(id, 'gone');
      }
      incarnation = page.incarnation;
      last = page.events.at(-1) ?? last;
      if (page.events.length > 0) yield page;
      if (last.sequence < page.next - 1) continue;
      if (page.closed) return;
      await wake.wait(source.clock, source.poll, signal);
    }
  } finally {
    signal.removeEventListener('abort', rouse);
    unwatch();
  }
}

function refusal(id: string, refused: ReadRefused, seen: string | undefined): StreamReadError {
  const lost = seen !== undefined && refused.outcome === 'unknown';
  return new StreamReadError(id, lost ? 'gone' : refused.outcome);
}

/** Undefined if `signal` aborted meanwhile. */
function readAgain(
  source: TailSource,
  id: string,
  last: { readonly sequence: number; readonly epoch: number | undefined },
  wake: WakeUp,
  signal: AbortSignal,
): Promise<StreamPage | ReadRefused | undefined> {
  return retry(() => source.read(id, last.sequence, pageSize, last.epoch), {
    clock: source.clock,
    timeout: source.storeTimeout,
    longestPause: source.poll,
    wake,
    isOver: () => signal.aborted,
  });
}
