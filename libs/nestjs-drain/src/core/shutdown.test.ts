import { expect, test } from '@jest/globals';
import { closeAfterShutdown, type Closable } from './shutdown.js';

function bench() {
  const log: string[] = [];
  const shutdown = {
    run: (trigger: string) => {
      log.push(`shutdown by ${trigger}`);
      return Promise.resolve();
    },
  };
  const server: Closable = {
    close(): void {
      log.push('closed');
    },
  };
  return { log, server, closeNow: closeAfterShutdown(server, shutdown) };
}

test('a server that is closed waits for the shutdown first', async () => {
  const { log, server } = bench();
  await server.close();
  expect(log).toEqual(['shutdown by close', 'closed']);
});

test('a server is closed once, whoever closes it', async () => {
  const { log, server, closeNow } = bench();
  await closeNow();
  await Promise.all([server.close(), server.close(), closeNow()]);
  expect(log.filter((line) => line === 'closed')).toHaveLength(1);
});

test('a close that fails is told to each of its callers', async () => {
  const server = { close: () => Promise.reject(new Error('not connected')) };
  const closeNow = closeAfterShutdown(server, { run: () => Promise.resolve() });
  await expect(closeNow()).rejects.toThrow('not connected');
  await expect(server.close()).rejects.toThrow('not connected');
});
