import { Queue, QueueEvents } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../testing/eventually.js';
import { startFixture, type FixtureProcess } from './support/fixture-process.js';
import { missingRedis, RedisServer } from '../../nestjs-drain-resume/test/support/redis-server.js';

const backlog = 200;
const cleanups: (() => unknown)[] = [];
let redis: RedisServer;
let queue: Queue;
const connection = () => ({ host: '127.0.0.1', port: redis.port });

async function startReplica(env: Record<string, string> = {}): Promise<FixtureProcess> {
  const replica = await startFixture('queue', { REDIS_PORT: `${redis.port}`, ...env });
  cleanups.push(() => replica.stop());
  return replica;
}

/** Resolves when this many jobs have been completed since the queue was emptied. */
async function completed(count: number): Promise<void> {
  const events = new QueueEvents('letters', { connection: connection(), lastEventId: '0-0' });
  cleanups.push(() => events.close());
  const done = new Set<string>();
  await new Promise<void>((resolve) => {
    events.on('completed', ({ jobId }) => {
      if (done.add(jobId).size === count) resolve();
    });
  });
}

/** Resolves when this many workers are blocked in Redis until a job comes. */
async function workersThatWait(count: number): Promise<void> {
  const client = new Redis(redis.url);
  cleanups.push(() => client.disconnect());
  let info = '';
  while (!info.includes(`blocked_clients:${count}\r`)) info = await client.info('clients');
}

/** The ids of the jobs that these processes have done, in order. */
const sentBy = (...replicas: FixtureProcess[]): string[] =>
  replicas.flatMap((replica) =>
    [...replica.output().matchAll(/^sent (\d+)$/gm)].map(([, id]) => id ?? ''),
  );

const addBacklog = () =>
  queue.addBulk(Array.from({ length: backlog }, () => ({ name: 'letter', data: {} })));

(missingRedis ? describe.skip : describe)('law 12: BullMQ workers and a backlog of jobs', () => {
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    queue = new Queue('letters', { connection: connection() });
    cleanups.push(() => queue.close());
    await queue.obliterate({ force: true });
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  test('after SIGTERM in the middle each job is completed once or still waits', async () => {
    await addBacklog();
    const replica = await startReplica();
    await replica.printed('sent in all: 60.');
    replica.process.kill('SIGTERM');
    expect(await replica.exited).toEqual({ code: 0, signal: null });

    const counts = await queue.getJobCounts();
    expect(counts).toMatchObject({ active: 0, failed: 0 });
    const { completed = 0, waiting = 0, delayed = 0, prioritized = 0 } = counts;
    expect(completed + waiting + delayed + prioritized).toBe(backlog);
    expect(completed).toBeGreaterThanOrEqual(60);
    expect(waiting).toBeGreaterThan(0);
    const sent = sentBy(replica);
    expect([sent.length, new Set(sent).size]).toEqual([completed, completed]);
    expect(replica.output()).toMatch(/Drain completed after/);
    // Jobs never outlive what they work with.
    expect(replica.output().lastIndexOf('sent ')).toBeLessThan(
      replica.output().indexOf('mailbox destroyed'),
    );
  });

  test('the other replica completes the rest, and nothing twice', async () => {
    await addBacklog();
    const leaving = await startReplica();
    await leaving.printed('sent in all: 1.');
    const staying = await startReplica();
    const all = completed(backlog);
    await leaving.printed('sent in all: 60.');
    leaving.process.kill('SIGTERM');
    await leaving.exited;
    await all;
    // What a replica has printed is read a little after Redis knows that the job is completed.
    await eventually(() => expect(sentBy(leaving, staying).length).toBe(backlog));
    expect(new Set(sentBy(leaving, staying)).size).toBe(backlog);
    expect(await queue.getJobCounts('failed', 'active', 'waiting')).toEqual({
      failed: 0,
      active: 0,
      waiting: 0,
    });
  });

  test('an idle worker gives up waiting at the signal, and takes no job that comes after it', async () => {
    const holding = await startReplica({ LONG_JOBS: 'yes' });
    await queue.add('stubborn', {});
    await holding.printed('began stubborn');
    await workersThatWait(1);
    holding.process.kill('SIGTERM');
    await workersThatWait(0);
    await queue.add('letter', {});
    await holding.exited;
    expect(holding.output()).not.toContain('began letter');
    expect(await queue.getWaitingCount()).toBe(1);
  });

  test('at the deadline a job hands itself back, or stalls and runs again elsewhere; none fails', async () => {
    const leaving = await startReplica({ LONG_JOBS: 'yes', TIMEOUT: '1' });
    await queue.addBulk([
      { name: 'polite', data: {} },
      { name: 'stubborn', data: {} },
    ]);
    await Promise.all([leaving.printed('began polite'), leaving.printed('began stubborn')]);
    leaving.process.kill('SIGTERM');
    expect(await leaving.exited).toEqual({ code: 0, signal: null });
    expect(leaving.output()).toMatch(/unfinished: 1 job\b/);
    expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 1 });
    expect(leaving.output()).not.toContain('sent ');

    const all = completed(2);
    const other = await startReplica();
    await all;
    await eventually(() => expect(sentBy(other).length).toBe(2));
    expect(await queue.getFailedCount()).toBe(0);
  });

  test.each(['silent', 'dead'])(
    'law 7: a Redis that is %s does not hold the exit beyond the deadline',
    async (how) => {
      const server = await RedisServer.start();
      cleanups.push(() => server.stop());
      const replica = await startReplica({ REDIS_PORT: `${server.port}` });
      await replica.printed('successfully started');
      if (how === 'dead') await server.kill();
      else server.signal('SIGSTOP');
      replica.process.kill('SIGTERM');
      await replica.exited;
      // The worker held neither the drain nor its own closing; what else waits for Redis is bounded by
      // `exitTimeout`, such as the Queue that @nestjs/bullmq closes in its hook.
      expect(replica.output()).toMatch(/Drain completed after/);
      expect(replica.output()).toContain('mailbox destroyed');
    },
  );
});
