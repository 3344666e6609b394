import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from '../core/drain.js';
import { type DrainOptions, resolveDrainOptions } from '../core/options.js';
import { endOfTurn } from '../../test/support/turn.js';
import { type BullWorker, JobWatch } from './bull-worker.js';
import { queueWork, QueueWorker } from './queue-worker.js';

/** Does what BullMQ's worker does, as far as the drain can see it, when the test says so. */
class FakeWorker implements BullWorker {
  readonly name = 'letters';
  readonly closed: string[] = [];
  cancelled = 0;
  pauseFails: Error | undefined;
  pauseThrows: Error | undefined;
  resumeFails: Error | undefined;
  closeHangs = false;
  #jobs = 0;
  #isPaused = false;
  #isRunning = false;
  #endOfPausing: (() => void) | undefined;

  static running(): FakeWorker {
    const worker = new FakeWorker();
    worker.#isRunning = true;
    return worker;
  }

  static unstarted(): FakeWorker {
    return new FakeWorker();
  }

  get takesJobs(): boolean {
    return this.#isRunning && !this.#isPaused;
  }

  /** A job that Redis has handed over already, or hands over now. */
  take(): { finish(): void; finishSilently(): void } {
    let end = (): void => undefined;
    void this.processJob(() => new Promise((resolve) => (end = resolve)));
    // The last job that ends lets a worker pause, unless Redis does not answer.
    return { finish: () => (end(), this.#jobs === 1 && this.finishPausing()), finishSilently: end };
  }

  async processJob(job: () => Promise<void>): Promise<void> {
    this.#jobs += 1;
    await job();
    this.#jobs -= 1;
  }

  finishPausing(): void {
    if (this.#isPaused) this.#isRunning = false;
    this.#endOfPausing?.();
  }

  run(): Promise<void> {
    if (!this.#isPaused) this.#isRunning = true;
    return Promise.resolve();
  }

  pause(_doNotWaitActive?: boolean): Promise<void> {
    if (this.pauseThrows) throw this.pauseThrows;
    if (this.pauseFails) return Promise.reject(this.pauseFails);
    if (this.#isPaused) return Promise.resolve();
    this.#isPaused = true;
    return new Promise((resolve) => (this.#endOfPausing = resolve));
  }

  async resume(): Promise<void> {
    if (this.resumeFails) throw this.resumeFails;
    this.#isPaused = false;
    if (!this.#isRunning) await this.run();
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  isRunning(): boolean {
    return this.#isRunning;
  }

  close(force = false): Promise<void> {
    this.closed.push(force ? 'by force' : 'gracefully');
    return this.closeHangs ? new Promise(() => undefined) : Promise.resolve();
  }

  cancelAllJobs?: () => void = () => void (this.cancelled += 1);

  once(): void {
    // It is never closed by others in these tests.
  }
}

let clock: ManualClock;
let drain: Drain;
let worker: FakeWorker;
let complaints: string[];
let queueWorker: QueueWorker;

function attach(given: FakeWorker, options: DrainOptions = { timeout: 10 }): void {
  clock = new ManualClock();
  drain = new Drain(resolveDrainOptions(options), clock);
  complaints = [];
  worker = given;
  queueWorker = new QueueWorker(worker, drain, queueWork(drain), (message) =>
    complaints.push(message),
  );
  drain.listeners.add(queueWorker);
  drain.events.subscribe((event) => {
    if (event.type !== 'phaseChanged') return;
    if (event.phase === 'lameDuck') queueWorker.leave();
    if (event.phase === 'serving') queueWorker.stay();
  });
  drain.expired.addEventListener('abort', () => queueWorker.expire());
}

const startDrain = () => {
  const report = drain.start('test');
  report.catch(() => undefined);
  return report;
};
const begin = (): void => void startDrain();

beforeEach(() => attach(FakeWorker.running()));

describe('law 12: work is not taken that will not be done', () => {
  it('takes no more jobs from the first moment of the shutdown, and lets the running one finish', async () => {
    attach(FakeWorker.running(), { timeout: 10, propagationDelay: 5 });
    const running = worker.take();
    const report = startDrain();
    expect([drain.phase, worker.takesJobs]).toEqual(['lameDuck', false]);
    await clock.advanceAsync(6_000);
    expect(drain.phase).toBe('draining');
    running.finish();
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {}, waitedSeconds: 6 });
    expect(complaints).toEqual([]);
  });

  it('waits for a job that was running before the worker was found', async () => {
    const early = FakeWorker.running();
    JobWatch.of(early);
    const running = early.take();
    attach(early);
    const report = startDrain();
    await endOfTurn();
    expect([drain.phase, queueWork(drain).jobs.size]).toEqual(['draining', 1]);
    running.finish();
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  it('waits for a job that was on its way when the worker paused', async () => {
    const report = startDrain();
    const late = worker.take();
    worker.finishPausing();
    await endOfTurn();
    expect(drain.phase).toBe('draining');
    late.finish();
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  it('stays paused when the application resumes or starts it while it drains', async () => {
    begin();
    worker.finishPausing();
    await worker.resume();
    expect(worker.takesJobs).toBe(false);
    attach(FakeWorker.unstarted());
    begin();
    await worker.run();
    expect(worker.takesJobs).toBe(false);
  });
});

describe('a job that is still running at the deadline', () => {
  it('is told by the signal of BullMQ, and counts as finished when it ends within flushTimeout', async () => {
    const running = worker.take();
    const report = startDrain();
    await clock.advanceAsync(10_000);
    expect(worker.cancelled).toBe(1);
    running.finish();
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: {} });
  });

  it('law 10: stands in the report under its own name, alone', async () => {
    worker.take();
    worker.take().finish();
    const report = startDrain();
    await clock.advanceAsync(12_000);
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: { jobs: 1 } });
    expect(complaints).toEqual([]);
  });

  it('law 7: does not hold the exit: its worker is closed by force, and closing it again waits for nothing', async () => {
    worker.take();
    begin();
    await clock.advanceAsync(12_000);
    const stopped = drain.stopListeners();
    await clock.advanceAsync(0);
    await stopped;
    expect(worker.closed).toEqual(['by force']);
    await worker.close();
    expect(worker.closed).toEqual(['by force']);
  });

  it('is told by nothing where BullMQ has no such signal', async () => {
    delete worker.cancelAllJobs;
    worker.take();
    const report = startDrain();
    await clock.advanceAsync(12_000);
    expect(await report).toMatchObject({ unfinished: { jobs: 1 } });
  });
});

describe('law 7: a worker that does not pause', () => {
  it('fails: its complaint names the queue and the remedy, and the drain ends', async () => {
    worker.pauseFails = new Error('Connection is closed.');
    expect(await startDrain()).toMatchObject({ outcome: 'completed' });
    expect(complaints).toEqual([
      expect.stringMatching(/queue "letters" could not be paused.*Redis/),
    ]);
  });

  it('throws instead of rejecting: the same', async () => {
    worker.pauseThrows = new Error('broken');
    expect(await startDrain()).toMatchObject({ outcome: 'completed' });
    expect(complaints).toHaveLength(1);
  });

  it('hangs: it is waited for as long as flushTimeout, and not longer', async () => {
    const report = startDrain();
    await clock.advanceAsync(1_999);
    expect(drain.phase).toBe('draining');
    await clock.advanceAsync(1);
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {}, waitedSeconds: 2 });
    expect(complaints).toEqual([expect.stringMatching(/"letters" has not paused.*flushTimeout/)]);
    expect(clock.pending).toBe(0);
  });

  it('hangs behind a job: the time counts from the end of the job', async () => {
    const running = worker.take();
    const report = startDrain();
    await clock.advanceAsync(5_000);
    expect(complaints).toEqual([]);
    running.finishSilently();
    await clock.advanceAsync(2_000);
    expect(await report).toMatchObject({ outcome: 'completed', waitedSeconds: 7 });
    expect(complaints).toHaveLength(1);
  });

  it('nor closes: the exit is held for flushTimeout at most', async () => {
    worker.closeHangs = true;
    begin();
    worker.finishPausing();
    await endOfTurn();
    const stopped = drain.stopListeners();
    await clock.advanceAsync(2_000);
    await stopped;
    expect(worker.closed).toEqual(['gracefully']);
    expect(clock.pending).toBe(0);
  });
});

describe('reset', () => {
  // Something must keep the drain from ending, or there is nothing to reset.
  beforeEach(() => drain.tasks.enter({}));

  it('lets the worker take jobs again', async () => {
    begin();
    worker.finishPausing();
    await endOfTurn();
    drain.reset();
    await endOfTurn();
    expect(worker.takesJobs).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('lets it take jobs again when its running job has ended, if that was waited for', async () => {
    const running = worker.take();
    begin();
    drain.reset();
    await endOfTurn();
    expect(worker.takesJobs).toBe(false);
    running.finish();
    await endOfTurn();
    expect(worker.takesJobs).toBe(true);
  });

  it('leaves it paused when the next drain has begun meanwhile', async () => {
    const running = worker.take();
    begin();
    drain.reset();
    begin();
    running.finish();
    await endOfTurn();
    expect(worker.takesJobs).toBe(false);
    drain.reset();
    await endOfTurn();
    expect(worker.takesJobs).toBe(true);
  });

  it('does not start a worker that the application has not started', async () => {
    attach(FakeWorker.unstarted());
    drain.tasks.enter({});
    begin();
    worker.finishPausing();
    drain.reset();
    await endOfTurn();
    expect([worker.isPaused(), worker.takesJobs]).toEqual([false, false]);
    await worker.run();
    expect(worker.takesJobs).toBe(true);
  });

  it('starts one that the application has started meanwhile', async () => {
    attach(FakeWorker.unstarted());
    drain.tasks.enter({});
    begin();
    worker.finishPausing();
    await worker.run();
    drain.reset();
    await endOfTurn();
    expect(worker.takesJobs).toBe(true);
  });

  it.each([
    ['before the drain', () => void worker.pause(true), undefined],
    ['during it', undefined, () => void worker.pause()],
  ])('leaves a worker paused that the application has paused %s', async (_, before, during) => {
    before?.();
    begin();
    worker.finishPausing();
    during?.();
    drain.reset();
    await endOfTurn();
    expect(worker.takesJobs).toBe(false);
    await worker.resume();
    expect(worker.takesJobs).toBe(true);
  });

  it('complains of a worker that cannot be resumed', async () => {
    begin();
    worker.finishPausing();
    worker.resumeFails = new Error('Connection is closed.');
    drain.reset();
    await endOfTurn();
    expect(complaints).toEqual([expect.stringMatching(/"letters" could not be resumed/)]);
  });
});
