/** Time as the package sees it. Tests pass a manual clock; nothing else reads another one. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going backwards. */
  now(): number;
  /** Runs `task` once, `delay` ms from now, and returns a function that takes it back. `Infinity` is never. */
  schedule(delay: number, task: () => void): () => void;
}

/** A clock for what is armed thousands of times a second. */
export interface AlarmClock extends Clock {
  /** As `schedule`, for a `delay` of at most 24 days, with what says whether a process waits for the task. */
  alarm(delay: number, task: () => void): Alarm;
}

export interface Alarm {
  /** At first a process waits for the task before it ends by itself. To change that costs less than to take it back. */
  keepAlive(isNeeded: boolean): void;
}

/** A timer of Node with a longer delay fires at once. */
const longestTimer = 2 ** 31 - 1;

/** Taken once: the global is a getter, and every event asks for the time. */
const { performance } = globalThis;

export const systemClock: AlarmClock = {
  now: () => performance.now(),
  schedule(delay, task) {
    let timer: NodeJS.Timeout | undefined;
    const arm = (left: number) => {
      const next = left - longestTimer;
      timer = next > 0 ? setTimeout(arm, longestTimer, next) : setTimeout(task, left);
    };
    arm(delay);
    return () => clearTimeout(timer);
  },
  alarm(delay, task) {
    const timer = setTimeout(task, Math.min(delay, longestTimer));
    return { keepAlive: (isNeeded) => void (isNeeded ? timer.ref() : timer.unref()) };
  },
};
