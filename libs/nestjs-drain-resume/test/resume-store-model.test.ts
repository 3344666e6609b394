import { createClient, type RedisClientType } from '@redis/client';
import fc from 'fast-check';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { ModelRun, type Subject } from './support/model-run.js';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { passTime } from './support/redis-time.js';
import type { Command } from './support/resume-store-model.js';

const stream = fc.nat(1);
const owner = fc.nat(1);
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

async function check(open: () => Promise<Subject>, numRuns: number): Promise<void> {
  const commands = fc.array(command, { minLength: 5, maxLength: 60 });
  const law = fc.asyncProperty(commands, async (steps) => {
    const run = await ModelRun.start(await open());
    for (const step of steps) await run.step(step);
    await run.finish();
  });
  await fc.assert(law, { numRuns });
}

describe('any commands of two owners, and any time between them, leave a store as its model says', () => {
  test('in memory', async () => {
    const open = () => {
      const clock = new ManualClock();
      const pass = (seconds: number) => Promise.resolve(clock.advance(seconds * 1000));
      return Promise.resolve({ store: new MemoryResumeStore({ clock }), pass });
    };
    await check(open, 1000);
  });

  (missingRedis ? describe.skip : describe)('with a real server', () => {
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
        return { store, pass: (seconds: number) => passTime(client, seconds) };
      };
      await check(open, 200);
    });
  });
});
