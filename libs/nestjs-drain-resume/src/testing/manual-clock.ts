import type { Alarm, AlarmClock } from '../clock.js';

interface ScheduledTask {
  readonly due: number;
  readonly task: () => void;
  keepsAlive: boolean;
}

/** A clock that stands still until a test moves it. Times are milliseconds. */
export class ManualClock implements AlarmClock {
  private time: number;
  private readonly tasks = new Set<ScheduledTask>();

  constructor(start = 0) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  schedule(delayMs: number, task: () => void): () => void {
    const scheduled = this.add(delayMs, task);
    return () => {
      this.tasks.delete(scheduled);
    };
  }

  alarm(delayMs: number, task: () => void): Alarm {
    const scheduled = this.add(delayMs, task);
    return { keepAlive: (isNeeded) => void (scheduled.keepsAlive = isNeeded) };
  }

  private add(delayMs: number, task: () => void): ScheduledTask {
    const scheduled = { due: this.time + Math.max(0, delayMs), task, keepsAlive: true };
    this.tasks.add(scheduled);
    return scheduled;
  }

  /** How many tasks are still waiting: zero proves that nothing was left armed. */
  get pending(): number {
    return this.tasks.size;
  }

  /** How many of them a process waits for before it ends by itself. */
  get keepingAlive(): number {
    return [...this.tasks].filter(({ keepsAlive }) => keepsAlive).length;
  }

  /**
   * Moves time forward and runs what falls due, earliest first and in the order of scheduling,
   * each at its own due time. Tasks that a task schedules within the span run too.
   */
  advance(ms: number): void {
    const target = this.time + ms;
    for (let next = this.nextUntil(target); next; next = this.nextUntil(target)) {
      this.tasks.delete(next);
      this.time = Math.max(this.time, next.due);
      next.task();
    }
    this.time = target;
  }

  /**
   * As `advance`, but lets promise continuations run before and after every task,
   * so that awaiting code can schedule its next step within the span.
   */
  async advanceAsync(ms: number): Promise<void> {
    const target = this.time + ms;
    await settle();
    for (let next = this.nextUntil(target); next; next = this.nextUntil(target)) {
      this.tasks.delete(next);
      this.time = Math.max(this.time, next.due);
      next.task();
      await settle();
    }
    this.time = target;
  }

  private nextUntil(target: number): ScheduledTask | undefined {
    let earliest: ScheduledTask | undefined;
    for (const candidate of this.tasks) {
      if (candidate.due <= target && (!earliest || candidate.due < earliest.due))
        earliest = candidate;
    }
    return earliest;
  }
}

/** One turn of the event loop: every promise continuation that is ready has run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
