import { createClient, type RedisClientType } from '@redis/client';
import { Redis } from 'ioredis';
import { fromIoredis, fromNodeRedis, RedisResumeStore } from 'nestjs-drain/redis';
import { resumeStoreContract } from 'nestjs-drain/testing';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { passTime } from './support/redis-time.js';

const limits = { maxStreamBytes: 20_000, maxStreamsPerPrincipal: 5 };

describe.skipIf(missingRedis)('Redis store, by the contract', () => {
  let server: RedisServer;
  let client: RedisClientType;
  let ioredis: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    client = createClient({ url: server.url });
    client.on('error', () => undefined);
    await client.connect();
    ioredis = new Redis(server.url);
    ioredis.on('error', () => undefined);
  });

  afterAll(async () => {
    client.destroy();
    ioredis.disconnect();
    await server.stop();
  });

  const connections = {
    '@redis/client': () => fromNodeRedis(client),
    ioredis: () => fromIoredis(ioredis),
  };

  describe.each(Object.entries(connections))('with %s', (_name, connect) => {
    const checks = resumeStoreContract({
      ...limits,
      loses: true,
      // Real time passes as well, but far less than a fifth of the lease.
      lease: 100,
      open: async () => {
        await client.flushAll();
        const store = new RedisResumeStore({ connection: connect(), ...limits });
        const other = new RedisResumeStore({ connection: connect(), ...limits });
        return {
          store,
          other,
          advance: (seconds) => passTime(client, seconds),
          lose: async () => void (await client.flushAll()),
          close: async () => {
            await Promise.all([store.close(), other.close()]);
          },
        };
      },
    });
    for (const check of checks) test(check.name, () => check.run());
  });
});
