import { Inject, Injectable } from '@nestjs/common';
import { Observable } from 'rxjs';
import { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import type { DrainPhase } from '../core/phase.js';
import type { DrainReport } from '../core/report.js';
import { DRAIN } from '../core/tokens.js';

/** The drain at one moment. */
export interface DrainSnapshot {
  readonly phase: DrainPhase;
  readonly isShuttingDown: boolean;
  readonly activeStreams: number;
  readonly inFlightRequests: number;
  readonly inFlightMessages: number;
  readonly runningTasks: number;
  /** All that is counted besides streams, by the name it has in the report: `requests`, `jobs`, … */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Seconds until remaining streams are cancelled; undefined while serving and after the drain. */
  readonly secondsLeft: number | undefined;
}

/** The single source of truth about the shutdown: every number elsewhere is read from here. */
@Injectable()
export class ShutdownService {
  /** What happened, as it happens. Observers see facts; they cannot delay the drain. */
  readonly events: Observable<DrainEvent>;

  constructor(@Inject(DRAIN) private readonly machine: Drain) {
    this.events = new Observable((observer) =>
      machine.events.subscribe((event) => observer.next(event)),
    );
  }

  get phase(): DrainPhase {
    return this.machine.phase;
  }

  get isShuttingDown(): boolean {
    return this.machine.isShuttingDown;
  }

  /** Open streams of `@DrainableStream()` routes. */
  get activeStreams(): number {
    return this.machine.streams.size;
  }

  /** Requests being answered, without streams, probes and the module's own routes. */
  get inFlightRequests(): number {
    return this.machine.requests.size;
  }

  snapshot(): DrainSnapshot {
    return {
      phase: this.phase,
      isShuttingDown: this.isShuttingDown,
      activeStreams: this.activeStreams,
      inFlightRequests: this.inFlightRequests,
      inFlightMessages: this.machine.messages.size,
      runningTasks: this.machine.tasks.size,
      inFlight: Object.fromEntries(this.machine.counted.map(({ name, size }) => [name, size])),
      secondsLeft: this.machine.secondsLeft,
    };
  }

  /** Starts the drain, or joins the one that runs. Returns at once. */
  initiate(): void {
    void this.machine.start('initiate');
  }

  /**
   * Starts the drain, or joins the one that runs, and resolves with its report.
   * @throws DrainResetError when the drain is taken back by `reset()`.
   */
  drain(): Promise<DrainReport> {
    return this.machine.start('drain');
  }

  /**
   * Resolves with the report of the drain that runs, or of the next one. It starts nothing.
   * @throws DrainResetError when the drain is taken back by `reset()`.
   */
  wait(): Promise<DrainReport> {
    return this.machine.whenDrained();
  }

  /**
   * Lets the drain wait for background work, as for a request. The function gets a signal that
   * aborts at the deadline. Returns the work's own promise.
   */
  track<T>(work: Promise<T> | ((deadline: AbortSignal) => Promise<T>)): Promise<T> {
    return this.machine.tasks.track(typeof work === 'function' ? work(this.machine.expired) : work);
  }

  /**
   * Back to serving, as long as nothing has been closed.
   * @throws ResetRefusedError when a stream or the listener has been closed already.
   */
  reset(): void {
    this.machine.reset();
  }
}
