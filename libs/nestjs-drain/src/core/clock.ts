/** Time as the drain sees it. Tests pass a manual clock; nothing in the library reads another one. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going backwards. */
  now(): number;
  /**
   * Runs `task` once, `delay` ms from now, and returns a function that takes it back. 0 is the next turn, behind what
   * sockets have brought until then. A process waits for the task before it ends by itself, unless `keepsAlive` is false.
   */
  schedule(delay: number, task: () => void, options?: { readonly keepsAlive: boolean }): () => void;
}

/** Node fires a timer of more than 2^31 - 1 ms at once. */
const longestTimer = 2_147_483_647;

/** Taken once: the global is a getter, and every stream asks for the time. */
const { performance } = globalThis;

/** A delay of any length, `Infinity` included, which never comes. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delay, task, { keepsAlive } = { keepsAlive: true }) {
    if (delay <= 0) return nextTurn(task, keepsAlive);
    let timer = start(delay);
    function start(left: number): NodeJS.Timeout {
      const started = setTimeout(wait, Math.min(left, longestTimer), left - longestTimer);
      return keepsAlive ? started : started.unref();
    }
    function wait(left: number): void {
      if (!(left > 0)) task();
      else timer = start(left);
    }
    return () => clearTimeout(timer);
  },
};

/** Not by a timer, of which the shortest takes 1 ms: thousands of streams are told in hundreds of turns. */
function nextTurn(task: () => void, keepsAlive: boolean): () => void {
  const immediate = setImmediate(task);
  if (!keepsAlive) immediate.unref();
  return () => clearImmediate(immediate);
}

/**
 * As `schedule`, and a turn behind it: a process that was busy runs its timers first, and what its clients have sent or
 * taken meanwhile is read in between.
 */
export function scheduleBehindSockets(clock: Clock, delay: number, task: () => void): () => void {
  let cancel = clock.schedule(delay, () => {
    cancel = clock.schedule(0, task);
  });
  return () => cancel();
}

/**
 * The one bounded wait: until `work` is settled, resolved or rejected, but no longer than `longest` ms
 * of the clock. It never rejects; the work's own promise keeps its error for others. What is no
 * promise is settled. A bound that has passed leaves the work one turn.
 * @returns whether the work was settled in time
 */
export function within(clock: Clock, longest: number, work: unknown): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(Math.max(0, longest), () => resolve(false));
    void Promise.allSettled([work]).then(() => {
      cancel();
      resolve(true);
    });
  });
}
