import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { endOfTurn } from '../../test/support/turn.js';
import type { Clock } from './clock.js';
import { Drain } from './drain.js';
import { resolveDrainOptions } from './options.js';
import type { StreamTransport } from './stream.js';

/** A machine on which work takes time: while it works, timers fall due and have to wait. */
class BusyMachine implements Clock {
  #time = 0;
  readonly #tasks = new Set<{ readonly due: number; readonly task: () => void }>();

  now(): number {
    return this.#time;
  }

  work(ms: number): void {
    this.#time += ms;
  }

  schedule(delayMs: number, task: () => void): () => void {
    const scheduled = { due: this.#time + Math.max(0, delayMs), task };
    this.#tasks.add(scheduled);
    return () => this.#tasks.delete(scheduled);
  }

  async runAll(): Promise<void> {
    for (;;) {
      await endOfTurn();
      const [next] = [...this.#tasks].sort((one, other) => one.due - other.due);
      if (!next) return;
      this.#tasks.delete(next);
      this.#time = Math.max(this.#time, next.due);
      next.task();
    }
  }
}

const scenario = fc.record({
  streams: fc.integer({ min: 1, max: 150 }),
  telling: fc.integer({ min: 0, max: 60 }),
  flushTimeout: fc.constantFrom(0, 0.5, 2),
  waves: fc.record({
    size: fc.integer({ min: 1, max: 50 }),
    interval: fc.constantFrom(0.0025, 0.1),
  }),
});

it('law 5: a stream is cut flushTimeout after its own farewell, however long it takes to tell the others', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ streams, telling, flushTimeout, waves }) => {
      const clock = new BusyMachine();
      const drain = new Drain(resolveDrainOptions({ timeout: 1, flushTimeout, waves }), clock);
      const flush = flushTimeout * 1_000;
      const deadline = 1_000;
      let untold = 0;
      for (let count = 0; count < streams; count += 1) {
        let toldAt: number | undefined;
        const transport: StreamTransport = {
          end: () => {
            clock.work(telling);
            toldAt = clock.now();
          },
          destroy: () => {
            if (toldAt === undefined) untold += 1;
            expect(clock.now()).toBeGreaterThanOrEqual((toldAt ?? deadline + 2 * flush) + flush);
          },
        };
        drain.streams.admit({ kind: 'finite', route: '/' }, transport);
      }
      const report = drain.start('test');
      await clock.runAll();
      expect(await report).toMatchObject({ outcome: 'timeout', cut: streams });
      // Law 7: and whatever telling takes, there is an end. A wave that has begun is told to its end.
      const planned = Math.max(1, Math.floor(flush / 2 / (waves.interval * 1_000)));
      const wave = Math.max(waves.size, Math.ceil(streams / planned)) * telling;
      expect(clock.now()).toBeLessThanOrEqual(deadline + 4 * flush + 2 * wave);
      if (telling * streams <= 2 * flush) expect(untold).toBe(0);
    }),
    { numRuns: 150 },
  );
}, 120_000);
