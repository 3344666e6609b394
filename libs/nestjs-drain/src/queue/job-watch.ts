import type { BullWorker } from './bull-worker.js';

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
