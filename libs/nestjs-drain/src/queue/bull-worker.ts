/** The public parts of a BullMQ worker that are used. BullMQ 5 and 6 have them alike, save where it says so. */
export interface BullWorker {
  /** The name of its queue. */
  readonly name: string;
  run(): Promise<void>;
  /** Takes no more jobs, gives up waiting for one, and resolves when the jobs it has are done. */
  pause(doNotWaitActive?: boolean): Promise<void>;
  resume(): void | Promise<void>;
  isPaused(): boolean;
  isRunning(): boolean;
  /** Waits for running jobs, without a bound, unless it is forced. Closing twice closes once. */
  close(force?: boolean): Promise<void>;
  /** Each job passes here from its start until Redis knows how it ended. */
  processJob(...job: never[]): Promise<unknown>;
  /** Aborts the signal that processors take as third parameter. Neither exists before BullMQ 5.64. */
  cancelAllJobs?(reason?: string): void;
  once(event: 'closed', listener: () => void): unknown;
}

type Job = Promise<unknown>;

const watches = new WeakMap<BullWorker, JobWatch>();

/** The jobs of one worker, seen where each of them passes, in this process or on its way to a sandbox. */
export class JobWatch {
  readonly #running = new Set<Job>();
  #listener: (job: Job) => void = () => undefined;

  private constructor(worker: BullWorker) {
    const processJob = worker.processJob.bind(worker);
    worker.processJob = (...job) => this.#started(processJob(...job));
  }

  static of(worker: BullWorker): JobWatch {
    const watch = watches.get(worker) ?? new JobWatch(worker);
    watches.set(worker, watch);
    return watch;
  }

  /** Calls the one listener for each job that runs already, and in the turn in which another starts. */
  onJob(listener: (job: Job) => void): void {
    this.#listener = listener;
    for (const job of this.#running) listener(job);
  }

  #started(job: Job): Job {
    this.#running.add(job);
    const ended = (): void => void this.#running.delete(job);
    job.then(ended, ended);
    this.#listener(job);
    return job;
  }
}
