import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

/** A piece of counted work, as the code that it runs can ask for it. */
export interface CountedWork {
  /** For a log line, such as `Sweep.run()`. */
  readonly name: string;
  /** Takes the work out of what the drain waits for. */
  excuse(): void;
}

const asynchronous = new AsyncLocalStorage<CountedWork>();
let synchronous: CountedWork | undefined;

/**
 * Before Node 24 the first `run()` of an AsyncLocalStorage puts a hook on every promise of the process
 * (measured on Node 20: 0.25 µs for each await), which a serving process must not pay (law 9).
 */
const isFree = Number(process.versions.node.split('.')[0]) >= 24;

/**
 * Runs a task so that what it calls can find its work: until its first await, and further on Node 24
 * and later, or where it is worth the cost, such as while the process shuts down.
 */
export function runAs<T>(work: CountedWork, task: () => T, isWorthIt: boolean): T {
  const outer = synchronous;
  synchronous = work;
  try {
    return isFree || isWorthIt ? asynchronous.run(work, task) : task();
  } finally {
    synchronous = outer;
  }
}

/**
 * Lets the rest of this turn and what it starts find its work: the listeners of an event that come after
 * this one. Dear on every Node, so for work that comes while the process shuts down.
 */
export function enterWork(work: CountedWork): void {
  asynchronous.enterWith(work);
}

/** The counted work that is calling, if it is known. */
export function callingWork(): CountedWork | undefined {
  return synchronous ?? asynchronous.getStore();
}

const beforeAllWork = new AsyncResource('nestjs-drain');

/**
 * Runs what goes on when its caller is done: not in the AsyncLocalStorage of the request that happened to ask for it, whose
 * id would stand in the logs of all others.
 */
export function detached<T>(task: () => T): T {
  return beforeAllWork.runInAsyncScope(task);
}
