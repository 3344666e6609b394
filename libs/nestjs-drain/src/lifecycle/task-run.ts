import { runAs } from '../compat/work-context.js';
import type { Drain } from '../core/drain.js';
import { linkedSignal } from '../core/linked-signal.js';

/**
 * Runs background work that the drain counts until it has returned, thrown, or its promise is settled.
 * Returns and throws what the work does.
 * @param run gets a signal that aborts at the deadline
 */
export function runTask<T>(drain: Drain, name: string, run: (deadline: AbortSignal) => T): T {
  const { signal, dispose } = linkedSignal(drain.expired);
  const work = {};
  const leave = (): void => {
    dispose();
    drain.tasks.leave(work);
  };
  drain.tasks.enter(work);
  const counted = { name, excuse: () => drain.tasks.excuse(work) };
  try {
    const result = runAs(counted, () => run(signal), drain.isShuttingDown);
    if (isThenable(result)) return Promise.resolve(result).finally(leave) as T;
    leave();
    return result;
  } catch (error) {
    leave();
    throw error;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as Partial<PromiseLike<unknown>>).then === 'function'
  );
}
