import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { afterEach, expect, jest, test } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import {
  closeAfterShutdown,
  countMessages,
  findServers,
  type MicroserviceServer,
} from './nest-microservices.js';

afterEach(() => void jest.restoreAllMocks());

function bench(close: (log: string[]) => unknown = (log) => log.push('closed')) {
  const log: string[] = [];
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ flushTimeout: 1 }), clock);
  const shutdown = {
    run: (trigger: string) => {
      log.push(`shutdown by ${trigger}`);
      return Promise.resolve();
    },
  };
  const server = { close: () => close(log) };
  const closeNow = closeAfterShutdown(server, shutdown, drain);
  return { log, clock, server, closeNow };
}

test('a server that is closed waits for the shutdown first', async () => {
  const { log, server } = bench();
  await server.close();
  expect(log).toEqual(['shutdown by close', 'closed']);
});

test('a server is closed once, whatever closes it', async () => {
  const { log, server, closeNow } = bench();
  await closeNow();
  await Promise.all([server.close(), server.close(), closeNow()]);
  expect(log.filter((line) => line === 'closed')).toHaveLength(1);
});

test('a close that fails is told to each of its callers', async () => {
  const { server, closeNow } = bench(() => Promise.reject(new Error('not connected')));
  await expect(closeNow()).rejects.toThrow('not connected');
  await expect(server.close()).rejects.toThrow('not connected');
});

test('law 7: a close that never calls back is waited for no longer than flushTimeout, with a warning', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const { clock, server } = bench(() => new Promise(() => undefined));
  const closed = server.close() as Promise<void>;
  await clock.advanceAsync(1_000);
  await closed;
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('did not close within 1 s'));
});

test('a Nest that does not show its servers is refused at start, and so is a server without replies', () => {
  expect(() => findServers({} as ModulesContainer, () => undefined)).toThrow(
    /no `getRpcTargetRegistry`: the drain cannot see microservices/,
  );
  const watch = {
    takes: () => true,
    started: () => undefined,
    ended: () => undefined,
    isClosed: () => false,
  };
  const strategy = { getHandlerByPattern: () => null } as unknown as MicroserviceServer;
  expect(() => countMessages(strategy, watch)).toThrow(/no `send`: the drain cannot see its mess/);
});
