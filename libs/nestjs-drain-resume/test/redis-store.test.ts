import {
  createClient,
  createCluster,
  type RedisClientType,
  type RedisClusterType,
} from '@redis/client';
import { Cluster, Redis } from 'ioredis';
import {
  fromIoredis,
  fromNodeRedis,
  fromNodeRedisCluster,
  RedisResumeStore,
  type RedisConnection,
} from 'nestjs-drain-resume/redis';
import { resumeStoreContract } from 'nestjs-drain-resume/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './support/redis-server.js';
import { passTime, remember } from './support/redis-time.js';
import { eventually } from '../../../testing/eventually.js';

const limits = {
  maxStreamBytes: 20_000,
  maxStreamsPerPrincipal: 5,
  maxBytesPerPrincipal: 30_000,
};

/** What one of the contract's harnesses is made of. */
interface Setting {
  /** Speaks to the server directly, to move time and to empty it. */
  readonly operator: RedisClientType;
  readonly connect: () => RedisConnection;
}

function contract(setting: () => Setting) {
  const checks = resumeStoreContract({
    ...limits,
    loses: true,
    remembers: true,
    // Real time passes as well, but far less than a fifth of the lease.
    lease: 100,
    open: async () => {
      const { operator, connect } = setting();
      await operator.flushAll();
      const store = new RedisResumeStore({ connection: connect(), ...limits });
      const other = new RedisResumeStore({ connection: connect(), ...limits });
      return {
        store,
        other,
        advance: (seconds) => passTime(operator, seconds),
        lose: async () => void (await operator.flushAll()),
        remember: () => remember(operator),
        close: async () => void (await Promise.all([store.close(), other.close()])),
      };
    },
  });
  for (const check of checks) test(check.name, () => check.run());
}

async function operate(server: RedisServer): Promise<RedisClientType> {
  const client: RedisClientType = createClient({ url: server.url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

(missingRedis ? describe.skip : describe)('Redis store, by the contract', () => {
  let server: RedisServer;
  let operator: RedisClientType;
  let ioredis: Redis;

  beforeAll(async () => {
    server = await RedisServer.start();
    operator = await operate(server);
    ioredis = new Redis(server.url);
    ioredis.on('error', () => undefined);
  });

  afterAll(async () => {
    operator.destroy();
    ioredis.disconnect();
    await server.stop();
  });

  describe('with @redis/client', () => {
    contract(() => ({ operator, connect: () => fromNodeRedis(operator) }));
  });

  describe('with ioredis', () => {
    contract(() => ({ operator, connect: () => fromIoredis(ioredis) }));
  });
});

(missingRedis ? describe.skip : describe)(
  'Redis store on a cluster, where a script may not leave its slot',
  () => {
    let server: RedisServer;
    let operator: RedisClientType;
    let cluster: RedisClusterType;
    let ioredis: Cluster;

    beforeAll(async () => {
      server = await RedisServer.start(
        '--cluster-enabled',
        'yes',
        '--cluster-announce-ip',
        '127.0.0.1',
      );
      operator = await operate(server);
      const slots = Array.from({ length: 16_384 }, (_, slot) => `${slot}`);
      await operator.sendCommand(['CLUSTER', 'ADDSLOTS', ...slots]);
      await eventually(async () => {
        expect(await operator.sendCommand(['CLUSTER', 'INFO'])).toContain('cluster_state:ok');
      });
      cluster = createCluster({ rootNodes: [{ url: server.url }] });
      cluster.on('error', () => undefined);
      await cluster.connect();
      ioredis = new Cluster([{ host: '127.0.0.1', port: server.port }]);
      ioredis.on('error', () => undefined);
    });

    afterAll(async () => {
      cluster.destroy();
      ioredis.disconnect();
      operator.destroy();
      await server.stop();
    });

    describe('with @redis/client', () => {
      contract(() => ({ operator, connect: () => fromNodeRedisCluster(cluster) }));
    });

    describe('with ioredis', () => {
      contract(() => ({ operator, connect: () => fromIoredis(ioredis) }));
    });
  },
);
