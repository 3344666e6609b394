import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { missingRedis, RedisServer } from './support/redis-server.js';

const script = fileURLToPath(new URL('fixtures/finished-streams.mjs', import.meta.url));

/**
 * The heap moves by some hundred KB from slice to slice; `AbortSignal.any` with the process' own signals kept 4 500
 * bytes of every finished stream.
 */
const bound = 150;

async function bytesKept(store: string, count: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    ...[script, store, `${count}`],
  ]);
  console.info(`${store.split(':')[0]}: ${stdout.trim()} bytes kept per finished stream`);
  return Number(stdout);
}

test('a finished stream leaves nothing behind: in memory', async () => {
  expect(await bytesKept('memory', 20_000)).toBeLessThan(bound);
});

(missingRedis ? describe.skip : describe)('with a real server', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(() => server.stop());

  test('a finished stream leaves nothing behind: in Redis', async () => {
    expect(await bytesKept(server.url, 10_000)).toBeLessThan(bound);
  });
});
