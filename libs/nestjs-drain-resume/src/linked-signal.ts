import { getEventListeners, setMaxListeners } from 'node:events';

/** Why a reading ends whose reader has left. One for all: an error of its own would record where it was made. */
export const readingOver = new Error('The reading is over.');

/** A signal that lives as long as one piece of work, made of signals that may live longer. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Takes its listeners off the sources. Call it when the work is over: until then the sources keep it alive. */
  dispose(): void;
}

/**
 * Aborts with the first of `sources` that aborts. `AbortSignal.any` cannot be used for work that is shorter than
 * its sources: as soon as it has a listener, it lives as long as the longest source.
 */
export function linkSignals(...sources: (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const links: (() => void)[] = [];
  const dispose = () => {
    for (const unlink of links.splice(0)) unlink();
  };
  for (const source of sources) {
    if (!source) continue;
    const abort = () => {
      dispose();
      controller.abort(source.reason);
    };
    if (source.aborted) {
      abort();
      break;
    }
    allowOneMore(source);
    source.addEventListener('abort', abort, { once: true });
    links.push(() => source.removeEventListener('abort', abort));
  }
  const abort = (reason: unknown) => {
    dispose();
    controller.abort(reason);
  };
  return { signal: controller.signal, abort, dispose };
}

/** Node 20 warns of the eleventh listener; all of these are taken off again. */
const mostListeners = 10;
const withoutLimit = new WeakSet<AbortSignal>();

function allowOneMore(source: AbortSignal): void {
  if (withoutLimit.has(source)) return;
  if (getEventListeners(source, 'abort').length < mostListeners) return;
  setMaxListeners(0, source);
  withoutLimit.add(source);
}
