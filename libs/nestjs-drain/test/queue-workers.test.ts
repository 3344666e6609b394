import { fileURLToPath } from 'node:url';
import {
  BullModule,
  BullRegistrar,
  getQueueToken,
  Processor,
  WorkerHost,
  type BullQueueProcessor,
} from '@nestjs/bullmq';
import {
  Injectable,
  Module,
  Scope,
  type ModuleMetadata,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Queue, QueueEvents, Worker, type Job } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Drain } from '../src/core/drain.js';
import { DrainQueueModule, QueueWorkers } from '../src/queue/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { closeApplication, drainedModule } from './support/drained-module.js';
import { Gate } from './support/gate.js';
import { missingRedis, RedisServer } from '../../nestjs-drain-resume/test/support/redis-server.js';

const sandbox = fileURLToPath(new URL('fixtures/queue-sandbox.mjs', import.meta.url));
const cleanups: (() => unknown)[] = [];
let redis: RedisServer;
let queue: Queue;
let gate: Gate;
let done: string[];
let log: string[];

@Processor('letters')
class Letters extends WorkerHost {
  async process(job: Job): Promise<void> {
    if (job.name === 'gated') await gate.pass();
    done.push(job.name);
  }
}

@Processor('letters', { autorun: false })
class OnRequest extends Letters {}

@Processor({ name: 'letters', scope: Scope.REQUEST })
class Scoped extends Letters {}

@Injectable()
class Witness implements OnModuleDestroy {
  onModuleDestroy(): void {
    log.push('providers destroyed');
  }
}

const connection = () => ({ host: '127.0.0.1', port: redis.port });

async function start(parts: ModuleMetadata, clock?: ManualClock) {
  const extraOptions = { manualRegistration: true };
  const imports = [
    DrainQueueModule.forRoot(),
    BullModule.forRoot({ connection: connection(), extraOptions }),
    BullModule.registerQueue({ name: 'letters' }),
    ...(parts.imports ?? []),
  ];
  const { module, drain } = await drainedModule({ ...parts, imports }, { timeout: 10 }, clock);
  await module.init();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= closeApplication(module, clock));
  cleanups.push(close);
  const register = () => module.get(BullRegistrar).register();
  return { module, drain, register, close };
}

const jobsOf = (drain: Drain): number => drain.count('jobs', { awaitsLateWork: true }).size;

/** A deadline that comes at once, because the sandbox ends its job when it hears of it. */
async function startWithProcessor(processor: BullQueueProcessor) {
  const processed = {
    name: 'processed',
    connection: connection(),
    processors: [processor],
  };
  const imports = [DrainQueueModule.forRoot(), BullModule.registerQueue(processed)];
  const { module, drain } = await drainedModule({ imports }, { timeout: 0.5 });
  await module.init();
  cleanups.push(() => module.close());
  return { module, drain };
}

/** As the sandbox, for a processor that takes no signal. */
async function inThisProcess(job: Job): Promise<void> {
  await job.updateProgress(1);
  await gate.pass();
}

/** Resolves with the job when this worker has completed it. */
const completes = (worker: Worker): Promise<Job> =>
  new Promise((resolve) => worker.once('completed', (job) => resolve(job)));

/** Something else that runs, so that the drain has not ended when it is reset. */
function startDrain(drain: Drain): void {
  const task = {};
  drain.tasks.enter(task);
  cleanups.push(() => drain.tasks.leave(task));
  drain.start('test').catch(() => undefined);
}

const quiet = { log: () => undefined, error: () => undefined };

const throwsAtAnyTouch: object = new Proxy(
  {},
  {
    get(_, key) {
      // What Nest itself asks of every provider.
      if (typeof key === 'symbol' || /^(then|on[A-Z]|before[A-Z]|after[A-Z]|constructor)/.test(key))
        return undefined;
      throw new Error(`no ${key}`);
    },
  },
);

(missingRedis ? describe.skip : describe)('the workers of BullMQ', () => {
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    [gate, done, log] = [new Gate(), [], []];
    queue = new Queue('letters', { connection: connection() });
    cleanups.push(() => queue.close());
    await queue.obliterate({ force: true });
  });
  afterEach(async () => {
    gate.open();
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  test('one is paused by the shutdown, takes jobs again after a reset, and the drain knows them', async () => {
    const { module, drain, register } = await start({ providers: [Letters] });
    register();
    const { worker } = module.get(Letters);
    startDrain(drain);
    expect(worker.isPaused()).toBe(true);
    await queue.add('letter', {});
    const completed = completes(worker);
    drain.reset();
    await completed;
    await queue.add('gated', {});
    await gate.reached;
    expect([done, jobsOf(drain)]).toEqual([['letter'], 1]);
  });

  test('one with a running job takes the next one after a reset, when that job has ended', async () => {
    const { module, drain, register } = await start({ providers: [Letters] });
    register();
    const { worker } = module.get(Letters);
    await queue.add('gated', {});
    await gate.reached;
    startDrain(drain);
    await queue.add('letter', {});
    drain.reset();
    const gated = completes(worker);
    gate.open();
    await gated;
    await completes(worker);
    expect(done).toEqual(['gated', 'letter']);
  });

  test('one that is registered while the service drains takes no job', async () => {
    const { module, drain, register } = await start({ providers: [Letters] });
    startDrain(drain);
    await queue.add('letter', {});
    register();
    const { worker } = module.get(Letters);
    await worker.waitUntilReady();
    expect(worker.isPaused()).toBe(true);
    const completed = completes(worker);
    drain.reset();
    await completed;
  });

  test('one with autorun: false is not started by a reset, only by the application', async () => {
    const { module, drain, register } = await start({ providers: [OnRequest] });
    register();
    const { worker } = module.get(OnRequest);
    startDrain(drain);
    drain.reset();
    const resumed = new Promise((resolve) => worker.once('resumed', () => resolve(undefined)));
    await resumed;
    expect([worker.isRunning(), worker.isPaused()]).toEqual([false, false]);
    await queue.add('letter', {});
    const completed = completes(worker);
    void worker.run();
    await completed;
  });

  test('one of a request-scoped class is paused, and its jobs are counted', async () => {
    const { drain, register, close } = await start({ providers: [Scoped] });
    register();
    await queue.add('gated', {});
    await gate.reached;
    expect(jobsOf(drain)).toBe(1);
    const report = drain.start('test');
    gate.open();
    expect(await report).toMatchObject({ outcome: 'completed', unfinished: {} });
    await close();
  });

  test('one that runs a file in a sandbox is added by hand: its job hears of the deadline and ends', async () => {
    const clock = new ManualClock();
    const { module, drain } = await start({}, clock);
    const worker = new Worker('letters', sandbox, { connection: connection() });
    module.get(QueueWorkers).add(worker);
    const began = new Promise<void>((resolve) => worker.once('progress', () => resolve()));
    const completed = completes(worker);
    await queue.add('long', {});
    await began;
    const report = drain.start('test');
    await clock.advanceAsync(9_999);
    expect([drain.phase, jobsOf(drain)]).toEqual(['draining', 1]);
    await clock.advanceAsync(1);
    expect((await completed).returnvalue).toBe('told');
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: {} });
  });

  test.each([
    ['a file', () => sandbox],
    ['a function', () => (job: Job) => inThisProcess(job)],
    ['a file and options', () => ({ path: sandbox, lockDuration: 20_000 })],
  ])('one of registerQueue({ processors }) with %s is found', async (_, processor) => {
    const { module, drain } = await startWithProcessor(processor());
    const letters = module.get<Queue>(getQueueToken('processed'));
    cleanups.push(() => letters.obliterate({ force: true }));
    const events = new QueueEvents('processed', { connection: connection() });
    cleanups.push(() => events.close());
    await events.waitUntilReady();
    const job = await letters.add('gated', {});
    await new Promise((resolve) => events.once('progress', resolve));
    expect(jobsOf(drain)).toBe(1);
    const report = drain.start('test');
    await letters.add('late', {});
    gate.open();
    expect(await report).toMatchObject({ unfinished: {} });
    expect(await job.getState()).toBe('completed');
    expect(await letters.getWaitingCount()).toBe(1);
  });

  test('they are closed before the first onModuleDestroy, and the closing of @nestjs/bullmq is no second one', async () => {
    const { module, register, close } = await start({ providers: [Letters, Witness] });
    register();
    const { worker } = module.get(Letters);
    let closings = 0;
    worker.on('closing', () => (closings += 1));
    worker.on('closed', () => log.push('worker closed'));
    await close();
    expect(log).toEqual(['worker closed', 'providers destroyed']);
    expect(closings).toBe(1);
  });
});

test('a queue whose workers are not found is named at start, with the remedy', async () => {
  const warnings: string[] = [];
  const foreign = { name: 'letters', opts: { processors: [sandbox] } };
  const parts = {
    imports: [DrainQueueModule.forRoot()],
    providers: [
      { provide: getQueueToken('letters'), useValue: foreign },
      { provide: getQueueToken('parcels'), useValue: { opts: {} } },
      { provide: getQueueToken('throws'), useValue: throwsAtAnyTouch },
      { provide: 'CLS', useValue: throwsAtAnyTouch },
    ],
  };
  const { module } = await drainedModule(parts);
  module.useLogger({ ...quiet, warn: (message: string) => warnings.push(message) });
  await module.init();
  cleanups.push(() => module.close());
  expect(warnings).toEqual([expect.stringMatching(/queue "letters".*QueueWorkers\.add\(\)/)]);
});

test('imported twice it pauses each worker once', async () => {
  @Module({ imports: [DrainQueueModule.forRoot()] })
  class Feature {}
  const { module } = await drainedModule({ imports: [Feature, DrainQueueModule.forRoot()] });
  const found = [...module.get(ModulesContainer).values()].filter((one) =>
    one.providers.has(QueueWorkers),
  );
  expect(found).toHaveLength(1);
});
