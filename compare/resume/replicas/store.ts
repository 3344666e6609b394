import { createClient } from '@redis/client';
import { fromNodeRedis, RedisResumeStore } from 'nestjs-drain-resume/redis';

/** As docs/resume.md opens it. */
export async function openStore(): Promise<RedisResumeStore> {
  const client = createClient({ url: process.env['STORE_URL'] ?? '' });
  client.on('error', (error: Error) => console.error(error.message));
  await client.connect();
  return new RedisResumeStore({ connection: fromNodeRedis(client) });
}
