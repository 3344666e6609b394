import type { BullWorker } from './bull-worker.js';

/**
 * Pauses a worker and keeps it paused, whatever the application asks of it meanwhile. When it is
 * released, it is what the application has made of it or has asked for since: at work, paused, or not
 * started yet.
 */
export class WorkerHold {
  #isHeld = false;
  /** Set until the worker is given back. */
  #pausing: Promise<void> | undefined;
  #isStarted: boolean;
  #goesOn = true;
  #isResuming = false;
  readonly #pause: BullWorker['pause'];
  readonly #resume: BullWorker['resume'];

  constructor(private readonly worker: BullWorker) {
    this.#isStarted = worker.isRunning();
    this.#pause = worker.pause.bind(worker);
    this.#resume = worker.resume.bind(worker);
    this.#standIn();
  }

  /** Resolves when the jobs that the worker has are done and it waits for no other. */
  hold(): Promise<void> {
    this.#isHeld = true;
    this.#pausing ??= this.#startPausing();
    return this.#pausing;
  }

  /** Gives the worker back, once it has paused: BullMQ cannot take back a pause that is under way. */
  async release(): Promise<void> {
    this.#isHeld = false;
    await Promise.allSettled([this.#pausing]);
    // The next drain may have begun meanwhile, or another release came first.
    if (this.#isHeld || !this.#pausing) return;
    this.#pausing = undefined;
    if (this.#goesOn) await this.#goOn();
  }

  async #startPausing(): Promise<void> {
    this.#goesOn = !this.worker.isPaused();
    if (this.#goesOn) await this.#pause();
  }

  async #goOn(): Promise<void> {
    this.#isResuming = true;
    try {
      await this.#resume();
    } finally {
      this.#isResuming = false;
    }
  }

  #standIn(): void {
    const { worker } = this;
    const run = worker.run.bind(worker);
    worker.run = () => {
      // BullMQ's resume() also starts a worker that the application has not started.
      if (this.#isResuming && !this.#isStarted) return Promise.resolve();
      this.#isStarted = true;
      return run();
    };
    worker.pause = (doNotWaitActive) => {
      this.#goesOn = false;
      return this.#pause(doNotWaitActive);
    };
    worker.resume = () => {
      this.#goesOn = true;
      return this.#pausing ? Promise.resolve() : this.#resume();
    };
  }
}
