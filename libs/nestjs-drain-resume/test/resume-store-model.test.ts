import { createClient, type RedisClientType } from '@redis/client';
import fc from 'fast-check';
import type { Pool } from 'pg';
import { PostgresResumeStore } from 'nestjs-drain-resume/postgres';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { ModelRun, type Subject } from './support/model-run.js';
import { missingPostgres } from './support/postgres-server.js';
import { preparedPostgres } from './support/prepared-postgres.js';
import * as postgresTime from './support/postgres-time.js';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { passTime, remember } from './support/redis-time.js';
import type { Command } from './support/resume-store-model.js';

const stream = fc.nat(1);
const owner = fc.nat(2);
const owned = <Action extends string>(action: Action) =>
  fc.record({ do: fc.constant(action), stream, owner });
const offset = fc.integer({ min: -3, max: 2 });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: owned('create' as const) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      stream,
      owner,
      behind: fc.constantFrom('log', 'confirmed'),
      offset: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, offset),
      count: fc.nat(3),
      terminal: fc.nat(7).map((number) => number === 0),
    }),
  },
  { weight: 4, arbitrary: owned('claim' as const) },
  { weight: 2, arbitrary: owned('renew' as const) },
  { weight: 2, arbitrary: owned('release' as const) },
  fc.record({ do: fc.constant('cancel' as const), stream }),
  fc.record({ do: fc.constant('delete' as const), stream }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('head' as const), stream }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      stream,
      offset,
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('follow' as const),
      stream,
      reader: fc.nat(1),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('list' as const) }) },
  {
    weight: 3,
    // No sum of a few is a lease or a ttl, so that real milliseconds do not matter.
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      seconds: fc.constantFrom(31, 73, 127, 659),
    }),
  },
);

/** Longer than a lease, shorter than a ttl. */
const silence: Command = { do: 'pass', seconds: 127 };

/** Several owners take a stream over, one after the other, and log nothing. */
const takeOvers = fc
  .record({ stream, owners: fc.array(owner, { minLength: 2, maxLength: 4 }) })
  .map(({ stream: id, owners }): Command[] =>
    owners.flatMap((by) => [silence, { do: 'claim', stream: id, owner: by }]),
  );

/** An id names another stream, which a reader of the first one reads on. */
const rebirth = fc
  .record({ stream, owner, count: fc.nat(4), way: fc.constantFrom('delete', 'expire') })
  .map(({ stream: id, owner: by, count, way }): Command[] => [
    { do: 'follow', stream: id, reader: 0, limit: 3 },
    way === 'delete' ? { do: 'delete', stream: id } : { do: 'pass', seconds: 659 },
    { do: 'create', stream: id, owner: by },
    ...append(id, by, count),
    { do: 'follow', stream: id, reader: 0, limit: 3 },
  ]);

/** The store loses what was appended and read last; its owner goes on, or another one does. */
const failover = fc
  .record({ stream, owner, heir: owner, lost: fc.nat(3), count: fc.nat(4) })
  .map(({ stream: id, owner: by, heir, lost, count }): Command[] => [
    { do: 'remember' },
    ...append(id, by, lost),
    { do: 'follow', stream: id, reader: 1, limit: 3 },
    { do: 'failOver' },
    ...append(id, by, 1, 'confirmed'),
    silence,
    { do: 'claim', stream: id, owner: heir },
    ...append(id, heir, count),
    { do: 'follow', stream: id, reader: 1, limit: 3 },
  ]);

function append(
  id: number,
  by: number,
  count: number,
  behind: 'log' | 'confirmed' = 'log',
): Command[] {
  const where = { stream: id, owner: by, behind, offset: 0 };
  return [{ do: 'append', ...where, count, terminal: false }];
}

async function check(open: () => Promise<Subject>, numRuns: number): Promise<void> {
  const { remember } = await open();
  const steps = fc.oneof(
    { weight: 12, arbitrary: command.map((one) => [one]) },
    { weight: 1, arbitrary: takeOvers },
    { weight: 1, arbitrary: rebirth },
    ...(remember ? [{ weight: 2, arbitrary: failover }] : []),
  );
  const law = fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 50 }), async (story) => {
    const run = await ModelRun.start(await open());
    for (const step of story.flat()) await run.step(step);
    await run.finish();
  });
  await fc.assert(law, { numRuns });
}

describe('any commands of several owners, any loss, and any time between them, leave a store as its model says', () => {
  test('in memory', async () => {
    const open = () => {
      const clock = new ManualClock();
      const pass = (seconds: number) => Promise.resolve(clock.advance(seconds * 1000));
      return Promise.resolve({ store: new MemoryResumeStore({ clock }), pass });
    };
    await check(open, 1000);
  });

  (missingRedis ? describe.skip : describe)('with a Redis server', () => {
    let server: RedisServer;
    let client: RedisClientType;

    beforeAll(async () => {
      server = await RedisServer.start();
      client = createClient({ url: server.url });
      client.on('error', () => undefined);
      await client.connect();
    });

    afterAll(async () => {
      client.destroy();
      await server.stop();
    });

    test('in Redis', async () => {
      const open = async () => {
        await client.flushAll();
        const store = new RedisResumeStore({ connection: fromNodeRedis(client) });
        return {
          store,
          pass: (seconds: number) => passTime(client, seconds),
          remember: () => remember(client),
        };
      };
      await check(open, 200);
    });
  });

  (missingPostgres ? describe.skip : describe)('with a PostgreSQL server', () => {
    let pool: Pool;
    let stop: () => Promise<void>;

    beforeAll(async () => {
      ({ pool, stop } = await preparedPostgres());
    });

    afterAll(() => stop());

    test('in PostgreSQL', async () => {
      const open = async () => {
        await postgresTime.empty(pool);
        return {
          store: new PostgresResumeStore({ pool }),
          pass: (seconds: number) => postgresTime.passTime(pool, seconds),
          remember: () => postgresTime.remember(pool),
        };
      };
      await check(open, 40);
    });
  });
});
