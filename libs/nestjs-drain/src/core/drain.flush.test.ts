import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BusyMachine } from '../../test/support/busy-machine.js';
import { Drain } from './drain.js';
import { type DrainOptions, resolveDrainOptions } from './options.js';
import type { DrainReport } from './report.js';
import type { StreamTransport } from './stream.js';

interface Scenario {
  readonly streams: number;
  /** ms of work to tell one stream, in the turn itself; and behind it, until its end has left. */
  readonly telling: number;
  readonly ending: number;
  readonly flushTimeout: number;
  readonly timeout: number;
  /** Seconds of the grace period beyond `timeout + flushTimeout`; undefined: the option is not set. */
  readonly spare: number | undefined;
  readonly waves: { readonly size: number; readonly interval: number };
  /** Whether the clients read, so that the ends leave. */
  readonly isRead: boolean;
}

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  streams: fc.integer({ min: 1, max: 4_000 }),
  telling: fc.constantFrom(0, 0.1, 0.5, 2, 20),
  ending: fc.constantFrom(0, 0.1, 0.5, 2),
  flushTimeout: fc.constantFrom(0, 0.5, 2),
  timeout: fc.constantFrom(1, 10, 60),
  spare: fc.constantFrom(undefined, 0.4, 5, 30),
  waves: fc.record({
    size: fc.integer({ min: 1, max: 50 }),
    interval: fc.constantFrom(0.0025, 0.1),
  }),
  isRead: fc.boolean(),
});

interface Fate {
  toldAt?: number;
  destroyedAt?: number;
}

interface Outcome {
  readonly report: DrainReport;
  readonly fates: readonly Fate[];
  readonly endedAt: number;
}

/** The drain of one scenario: when each stream was told, and when it was destroyed. */
async function play(scenario: Scenario, changes: DrainOptions = {}): Promise<Outcome> {
  const { timeout, flushTimeout, waves, spare } = scenario;
  const grace =
    spare === undefined ? {} : { terminationGracePeriod: timeout + flushTimeout + spare };
  const options = resolveDrainOptions({ timeout, flushTimeout, waves, ...grace, ...changes });
  const clock = new BusyMachine();
  const drain = new Drain(options, clock);
  const fates: Fate[] = Array.from({ length: scenario.streams }, () => ({}));
  for (const fate of fates) admit(drain, clock, fate, scenario);
  let endedAt = Infinity;
  drain.events.subscribe(({ type }) => {
    if (type === 'ended') endedAt = clock.now();
  });
  const report = drain.start('test');
  await clock.runAll();
  return { report: await report, fates, endedAt };
}

function admit(drain: Drain, clock: BusyMachine, fate: Fate, scenario: Scenario): void {
  const transport: StreamTransport = {
    end: () => {
      clock.work(scenario.telling);
      fate.toldAt = clock.now();
      if (!scenario.isRead) return;
      clock.schedule(0, () => {
        clock.work(scenario.ending);
        if (!('isReleased' in stream) || !stream.isReleased) release();
      });
    },
    destroy: () => (fate.destroyedAt = clock.now()),
  };
  const stream = drain.streams.admit({ kind: 'finite', route: '/' }, transport);
  const release = (): void => void ('release' in stream && stream.release());
}

/** ms of the clock at which all has to be over, whatever is left. */
function hardEnd({ timeout, flushTimeout, spare = 5 }: Scenario): number {
  return (timeout + flushTimeout + spare / 2) * 1_000;
}

const runs = { numRuns: 60 };

describe('law 5, on a machine of any speed', () => {
  it('a stream is cut only when it was told and its own flushTimeout has passed, or at the last bound', async () => {
    await fc.assert(
      fc.asyncProperty(anyScenario, async (scenario) => {
        const { report, fates } = await play(scenario);
        for (const { toldAt = Infinity, destroyedAt } of fates) {
          if (destroyedAt === undefined) continue;
          const due = Math.min(toldAt + scenario.flushTimeout * 1_000, hardEnd(scenario));
          expect(destroyedAt).toBeGreaterThanOrEqual(due - 1e-6);
        }
        const untold = fates.filter(({ toldAt }) => toldAt === undefined).length;
        expect(report.untold ?? 0).toBe(untold);
        expect(report.cut).toBe(
          fates.filter(({ destroyedAt }) => destroyedAt !== undefined).length,
        );
        if (untold > 0) expect(report.outcome).toBe('timeout');
      }),
      runs,
    );
  }, 120_000);

  it('where the last bound left some untold, the grace period that the report names suffices', async () => {
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(anyScenario, async (scenario) => {
        const { report } = await play(scenario);
        if (report.untold === undefined) return;
        seen += 1;
        const needed = report.neededGracePeriod!;
        const { timeout, flushTimeout, spare = 5 } = scenario;
        expect(needed).toBeGreaterThan(timeout + flushTimeout + spare);
        const again = await play(scenario, { terminationGracePeriod: needed });
        expect(again.report.untold).toBeUndefined();
      }),
      runs,
    );
    expect(seen).toBeGreaterThan(0);
  }, 120_000);

  it('telling begins before the deadline only where it would take too long behind it, and not in the first half', async () => {
    let early = 0;
    await fc.assert(
      fc.asyncProperty(anyScenario, async (scenario) => {
        const { fates } = await play(scenario);
        const { timeout, spare = 5, streams } = scenario;
        const first = Math.min(...fates.map(({ toldAt = Infinity }) => toldAt));
        const isEarly = first - scenario.telling < timeout * 1_000 - 1e-6;
        if (isEarly) early += 1;
        expect(first).toBeGreaterThanOrEqual((timeout * 1_000) / 2);
        // A millisecond for each is assumed before the first wave.
        if (isEarly) expect(streams).toBeGreaterThan((spare * 1_000) / 4);
      }),
      runs,
    );
    expect(early).toBeGreaterThan(0);
  }, 120_000);

  it('law 7: whatever telling takes, there is an end', async () => {
    await fc.assert(
      fc.asyncProperty(anyScenario, async (scenario) => {
        const { endedAt } = await play(scenario);
        // What has begun is brought to its end: one turn of telling, and the ends that it has brought about.
        const { telling, ending } = scenario;
        const turn = 25 + telling + (25 / Math.max(telling, 0.1) + 1) * ending;
        expect(endedAt).toBeLessThanOrEqual(hardEnd(scenario) + turn);
      }),
      runs,
    );
  }, 120_000);
});
