import type { Clock } from './clock.js';
import type { Seconds } from './duration.js';
import type { Farewells } from './farewells.js';
import { type DrainReport, type StreamCounts, subtractCounts } from './report.js';
import type { StreamRegistry } from './stream-registry.js';

/** One run of the drain, from its first trigger to its report. */
export class DrainRun {
  readonly startedAt: number;
  readonly report: Promise<DrainReport>;
  /** The clock's ms at which remaining streams are cancelled. */
  deadline: number;
  /** Seconds for which it accepts new streams. */
  readonly propagationDelay: Seconds;
  /** Seconds that the last bytes have after the deadline, once that is decided. */
  flush: Seconds | undefined;
  /** From the beginning of the draining. */
  farewells: Farewells | undefined;
  readonly #activeBefore: number;
  readonly #countsBefore: StreamCounts;
  readonly #scheduled: (() => void)[] = [];
  #resolve!: (report: DrainReport) => void;
  #reject!: (error: Error) => void;

  constructor(
    readonly trigger: string,
    private readonly clock: Clock,
    private readonly streams: StreamRegistry,
    bounds: { readonly deadline: number; readonly propagationDelay: Seconds },
  ) {
    this.deadline = bounds.deadline;
    this.propagationDelay = bounds.propagationDelay;
    this.startedAt = clock.now();
    this.#activeBefore = streams.size;
    this.#countsBefore = streams.counts();
    this.report = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Callers that await see the rejection of an abandoned run; without one it is no unhandled rejection.
    this.report.catch(() => undefined);
  }

  after(seconds: number, task: () => void): void {
    this.onEnd(this.clock.schedule(seconds * 1000, task));
  }

  /** Remembers what has to be taken back when the run is over. */
  onEnd(cancel: () => void): void {
    this.#scheduled.push(cancel);
  }

  conclude(
    facts: Pick<DrainReport, 'outcome' | 'unfinished' | 'untold' | 'neededGracePeriod'>,
  ): DrainReport {
    this.#stop();
    const report: DrainReport = {
      trigger: this.trigger,
      activeBefore: this.#activeBefore,
      ...subtractCounts(this.streams.counts(), this.#countsBefore),
      waitedSeconds: (this.clock.now() - this.startedAt) / 1000,
      ...facts,
    };
    this.#resolve(report);
    return report;
  }

  abandon(error: Error): void {
    this.#stop();
    this.#reject(error);
  }

  #stop(): void {
    for (const cancel of this.#scheduled) cancel();
  }
}
