/** Time as the package sees it. Tests pass a manual clock; nothing else reads another one. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going backwards. */
  now(): number;
  /**
   * Runs `task` once, `delay` ms from now, and returns a function that takes it back. `Infinity` is never. A process
   * waits for the task before it ends by itself, unless `keepsAlive` is false.
   */
  schedule(delay: number, task: () => void, options?: { readonly keepsAlive: boolean }): () => void;
}

/** A timer of Node with a longer delay fires at once. */
const longestTimer = 2 ** 31 - 1;

/** Taken once: the global is a getter, and every event asks for the time. */
const { performance } = globalThis;

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delay, task, { keepsAlive } = { keepsAlive: true }) {
    let timer: NodeJS.Timeout | undefined;
    const arm = (left: number) => {
      const next = left - longestTimer;
      timer = next > 0 ? setTimeout(arm, longestTimer, next) : setTimeout(task, left);
      if (!keepsAlive) timer.unref();
    };
    arm(delay);
    return () => clearTimeout(timer);
  },
};
