import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DrainOptions } from '../src/core/options.js';
import { DrainableTask, DrainSignal, ShutdownService } from '../src/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { closeApplication, drainedModule } from './support/drained-module.js';
import { startFixture } from './support/fixture-process.js';
import { Gate } from './support/gate.js';

let gate: Gate;
let log: string[];
let signals: (AbortSignal | undefined)[];
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  gate = new Gate();
  log = [];
  signals = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

@Injectable()
class Jobs implements OnModuleDestroy {
  // Never due by itself: the tests fire it.
  @Cron('0 0 1 1 *', { name: 'sweep' })
  @DrainableTask()
  async sweep(): Promise<void> {
    log.push('started');
    await gate.pass();
    log.push('finished');
  }

  @DrainableTask()
  @Interval('tick', 10)
  tick(): void {
    log.push('tick');
  }

  @DrainableTask()
  async report(job: string, @DrainSignal() signal?: AbortSignal): Promise<string> {
    signals.push(signal);
    signal?.addEventListener('abort', () => gate.open());
    await gate.pass();
    return `${job}${signal?.aborted ? ' aborted' : ''}`;
  }

  onModuleDestroy(): void {
    log.push('destroyed');
  }
}

async function start(options: DrainOptions = {}, clock?: ManualClock) {
  const parts = { imports: [ScheduleModule.forRoot()], providers: [Jobs] };
  const { module, drain } = await drainedModule(parts, options, clock);
  await module.init();
  const close = () => closeApplication(module, clock);
  cleanups.push(close);
  return { drain, close, jobs: module.get(Jobs), schedule: module.get(SchedulerRegistry), module };
}

describe('a cron handler with @DrainableTask()', () => {
  test('is waited for when it runs, and no module is destroyed before its end', async () => {
    const { close, drain, schedule } = await start();
    const run = schedule.getCronJob('sweep').fireOnTick();
    await gate.reached;
    expect(drain.tasks.size).toBe(1);
    const closed = close();
    gate.open();
    await Promise.all([run, closed]);
    expect(log.filter((line) => line !== 'tick')).toEqual(['started', 'finished', 'destroyed']);
  });

  test('is not started while draining, and again after a reset', async () => {
    const { drain, jobs, schedule } = await start();
    void drain.start('test');
    await schedule.getCronJob('sweep').fireOnTick();
    jobs.tick();
    expect(log).not.toContain('started');
    drain.reset();
    void schedule.getCronJob('sweep').fireOnTick();
    await gate.reached;
    gate.open();
  });

  test('still starts during lame duck, when no other replica may be there yet', async () => {
    const { drain, jobs } = await start({ propagationDelay: 5, timeout: 10 }, new ManualClock());
    void drain.start('test');
    jobs.tick();
    expect(log).toContain('tick');
    drain.reset();
  });
});

describe('a task with a parameter for its signal', () => {
  test('gets a signal that aborts at the deadline, and the report names what was left', async () => {
    const clock = new ManualClock();
    const { drain, jobs } = await start({ timeout: 5 }, clock);
    const job = jobs.report('long');
    const report = drain.start('test');
    await clock.advanceAsync(4_999);
    expect(drain.tasks.size).toBe(1);
    await clock.advanceAsync(1);
    expect(await job).toBe('long aborted');
    await clock.advanceAsync(2_000);
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: {} });
  });

  test('gets a signal of its own for each run', async () => {
    const { jobs } = await start();
    gate.open();
    await Promise.all([jobs.report('one'), jobs.report('two')]);
    expect(new Set(signals).size).toBe(2);
  });
});

test('without Nest a decorated method is the method and nothing else', async () => {
  gate.open();
  expect(await new Jobs().report('job')).toBe('job');
  expect(Jobs.prototype.report.name).toBe('report');
});

test('ShutdownService.track lets the drain wait for any other work', async () => {
  const { close, module } = await start();
  const work = module.get(ShutdownService).track(() => gate.pass());
  const closed = close();
  expect(log).not.toContain('destroyed');
  gate.open();
  await Promise.all([work, closed]);
});

test('a standalone process on SIGTERM finishes its running task and exits with 0', async () => {
  const fixture = await startFixture('task');
  cleanups.push(() => fixture.stop());
  await fixture.printed('working');
  fixture.process.kill('SIGTERM');
  expect(await fixture.exited).toEqual({ code: 0, signal: null });
  expect(fixture.output()).toContain('finished');
});
