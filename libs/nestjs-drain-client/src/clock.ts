/** Time as the drain sees it. Tests pass a manual clock; nothing in the library reads another one. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going backwards. */
  now(): number;
  /** Runs `task` once, `delay` ms from now, and returns a function that takes it back. */
  schedule(delay: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delay, task) {
    const timer = setTimeout(task, delay);
    return () => clearTimeout(timer);
  },
};
