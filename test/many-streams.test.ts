import { afterEach, describe, expect, test } from '@jest/globals';
import type { DrainReport } from 'nestjs-drain';
import { busyNeighbour, canPin, Child, openFilesLimit, pin } from './support/children.js';

/** Files that a process has open besides its connections. */
const otherFiles = 500;
const processor = 0;
/** The grace leaves the time that this machine needs, whatever else it does. */
const bounds = { timeout: 2, flushTimeout: 2, terminationGracePeriod: 124 };

const started: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((stop) => stop()));
});

function start(fixture: string, parameters: object): Child {
  const child = Child.start(`many-streams/${fixture}`, parameters);
  started.push(() => child.stop());
  return child;
}

if (!canPin)
  console.warn('skipped: taskset and a second processor are needed to throttle a server');

(canPin ? describe : describe.skip)('a server with half a processor', () => {
  test.each([
    { adapter: 'express', wanted: 10_000 },
    { adapter: 'fastify', wanted: 20_000 },
  ])(
    'law 5: cuts none of $wanted streams that are open at the deadline, on $adapter',
    async ({ adapter, wanted }) => {
      const count = Math.min(wanted, openFilesLimit() - otherFiles);
      const server = start('server', { adapter, ...bounds });
      const { port } = await server.tells<{ port: number }>('port');
      const clients = start('clients', { port, count });
      await clients.tells('open');
      pin(server.id, processor);
      started.push(await busyNeighbour(processor));

      server.signal('SIGTERM');
      const { report } = await server.tells<{ report: DrainReport }>('report');
      expect(report).toMatchObject({
        outcome: 'timeout',
        activeBefore: count,
        cancelled: count,
        cut: 0,
      });
      expect(report.untold).toBeUndefined();
      // And the clients agree.
      const ends = await clients.tells<object>('farewells');
      expect(ends).toEqual({ farewells: count, cleanEnds: count });
    },
    180_000,
  );
});
