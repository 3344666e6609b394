import type { RedisClientType } from '@redis/client';

/**
 * Redis' clock cannot be moved, but everything that refers to it can: lets `seconds` pass for all streams by
 * moving the ends of leases, of places and of keys back by as much.
 */
export async function passTime(client: RedisClientType, seconds: number): Promise<void> {
  const passed = Math.round(seconds * 1000);
  for await (const keys of client.scanIterator()) {
    for (const key of keys) await age(client, key, passed);
  }
}

async function age(client: RedisClientType, key: string, passed: number): Promise<void> {
  if (key.includes(':state:')) {
    const end = Number(await client.hGet(key, 'until'));
    if (end > 0) await client.hSet(key, 'until', end - passed);
  }
  if (key.endsWith(':leases') || key.includes(':principal:')) {
    for (const { value, score } of await client.zRangeWithScores(key, 0, -1)) {
      if (score > 0) await client.zAdd(key, { value, score: score - passed });
    }
  }
  const left = await client.pTTL(key);
  if (left >= 0) await client.pExpire(key, Math.max(0, left - passed));
}
