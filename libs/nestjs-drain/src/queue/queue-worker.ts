import type { Drain } from '../core/drain.js';
import { InFlight } from '../core/in-flight.js';
import type { Listener } from '../core/shutdown.js';
import { within } from '../core/clock.js';
import { type BullWorker, JobWatch } from './bull-worker.js';
import { WorkerHold } from './worker-hold.js';

/** Where a worker's failures go: `message` names the remedy. */
export type Complaint = (message: string, error?: unknown) => void;

/** What the drain counts of all workers together. */
export interface QueueWork {
  /** Jobs that run. */
  readonly jobs: InFlight;
  /** Workers that have been told to pause and have not paused yet. */
  readonly workers: InFlight;
}

export const queueWork = (drain: Drain): QueueWork => ({
  jobs: drain.count('jobs', { awaitsLateWork: true }),
  workers: drain.count('workers', { awaitsLateWork: true }),
});

/** One worker: the jobs it works on, how it stops taking more, and how it ends. */
export class QueueWorker implements Listener {
  readonly #working = new InFlight('jobs', { awaitsLateWork: true });
  readonly #hold: WorkerHold;
  /** Until the worker has paused a job may be on its way to it, so the drain waits for that too. */
  #pausing: Promise<void> | undefined;
  #isClosing = false;
  #cancelPatience: (() => void) | undefined;

  constructor(
    private readonly worker: BullWorker,
    private readonly drain: Drain,
    private readonly work: QueueWork,
    private readonly complain: Complaint,
  ) {
    this.#hold = new WorkerHold(worker);
    JobWatch.of(worker).onJob((job) => this.#started(job));
  }

  /** The shutdown has begun: takes no more jobs, and lets the running ones finish. */
  leave(): void {
    this.#stopWaiting();
    const pausing = this.#hold.hold().catch((error: unknown) => {
      // Closing a worker ends its pausing with an error.
      if (this.#isClosing) return;
      const harm = 'it may still take jobs, which stall and run again elsewhere if they are cut';
      this.complain(`${this.#name} could not be paused: ${harm}. ${checkRedis}`, error);
    });
    this.#pausing = pausing;
    this.work.workers.enter(pausing);
    this.#bePatient();
    void pausing.then(() => this.#pausing === pausing && this.#stopWaiting());
  }

  /** The drain was reset: takes jobs again, if it did before. */
  stay(): void {
    this.#stopWaiting();
    this.#hold.release().catch((error: unknown) => {
      this.complain(`${this.#name} could not be resumed and takes no jobs. ${checkRedis}`, error);
    });
  }

  /** Running jobs hear that they have to stop, if their processor takes BullMQ's signal. */
  expire(): void {
    this.#stopWaiting();
    this.worker.cancelAllJobs?.('The process is shutting down, and its deadline has come.');
  }

  /** Closes the worker, by force if a job outlives the deadline. Closing it again is left without effect. */
  async stop(deadline: number): Promise<void> {
    const { clock } = this.drain;
    this.#working.close();
    await within(clock, deadline - clock.now(), this.#working.whenEmpty());
    this.#isClosing = true;
    const closing = this.worker.close(this.#working.size > 0).catch((error: unknown) => {
      this.complain(`${this.#name} could not be closed. ${checkRedis}`, error);
    });
    const linger = Math.min(deadline, clock.now() + this.#patience * 1000);
    const closed = within(clock, linger - clock.now(), closing).then(() => undefined);
    // @nestjs/bullmq closes it again in its own hook, which must not wait for longer.
    this.worker.close = () => closed;
    await closed;
  }

  /** Seconds for what only Redis is waited for: a `flushTimeout` of 0 leaves no time for a round trip. */
  get #patience(): number {
    return Math.max(1, this.drain.options.flushTimeout);
  }

  get #name(): string {
    return `The worker of the queue "${this.worker.name}"`;
  }

  #started(job: Promise<unknown>): void {
    void this.#working.track(job);
    void this.work.jobs.track(job);
    this.#bePatient();
    const ended = (): void => this.#bePatient();
    job.then(ended, ended);
  }

  /** Without jobs, pausing takes a reconnection. A Redis that does not answer must not hold the drain. */
  #bePatient(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    if (!this.#pausing || this.#working.size > 0) return;
    const patience = this.#patience;
    this.#cancelPatience = this.drain.clock.schedule(patience * 1000, () => {
      const wait = `has not paused within ${patience} s (\`flushTimeout\`, at least 1 s)`;
      this.complain(`${this.#name} ${wait} and is not waited for any longer. ${checkRedis}`);
      this.#stopWaiting();
    });
  }

  #stopWaiting(): void {
    this.#cancelPatience?.();
    this.#cancelPatience = undefined;
    if (this.#pausing) this.work.workers.leave(this.#pausing);
    this.#pausing = undefined;
  }
}

const checkRedis = 'See whether its Redis server can be reached.';
