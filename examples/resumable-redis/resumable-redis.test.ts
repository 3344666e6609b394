import { resumingFetch } from 'nestjs-drain-client';
import { afterEach, expect, test } from '@jest/globals';
import { RedisServer } from '../../libs/nestjs-drain-resume/test/support/redis-server.js';
import { RoundRobin } from '../../test/support/round-robin.js';
import { startExample, type Example } from '../support/example.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('another replica goes on with the answer of one that goes away', async () => {
  const redis = await RedisServer.start();
  const balancer = await RoundRobin.start();
  stops.push(
    () => redis.stop(),
    () => balancer.stop(),
  );
  const start = async (): Promise<Example> => {
    const env = { STORE_URL: `redis://127.0.0.1:${redis.port}` };
    const replica = await startExample('resumable-redis', env);
    stops.push(() => replica.stop());
    return replica;
  };
  const portOf = ({ url }: Example): number => Number(new URL(url).port);
  const [first, second] = [await start(), await start()];
  balancer.add(portOf(first));

  const counted: number[] = [];
  const replicas = new Set<number>();
  for await (const event of resumingFetch(`http://127.0.0.1:${balancer.port}/count/40`)) {
    const { count, replica } = JSON.parse(event.data) as { count: number; replica: number };
    counted.push(count);
    replicas.add(replica);
    if (count !== 5) continue;
    balancer.add(portOf(second));
    balancer.remove(portOf(first));
    first.terminate();
  }

  expect(counted).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  expect(replicas.size).toBe(2);
  expect(await first.exited).toBe(0);
});
