import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { BusyMachine } from '../../test/support/busy-machine.js';
import { admitted, type ScriptedStream } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import { type DrainOptions, resolveDrainOptions } from './options.js';

function setUp(count: number, options: DrainOptions = {}) {
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ timeout: 60, flushTimeout: 2, ...options }), clock);
  const streams = Array.from({ length: count }, () => admitted(drain.streams));
  return { clock, drain, streams };
}

const told = (streams: readonly ScriptedStream[]): number =>
  streams.filter(({ ends }) => ends.length > 0).length;

describe('farewells', () => {
  it('of a few streams begin at the deadline', async () => {
    const { clock, drain, streams } = setUp(1_250);
    void drain.start('SIGTERM');
    await clock.advanceAsync(59_999);
    expect(told(streams)).toBe(0);
    await clock.advanceAsync(1);
    expect(told(streams)).toBe(50);
  });

  it('of thousands begin with one wave before it, which measures the machine', async () => {
    const { clock, drain, streams } = setUp(10_000);
    void drain.start('SIGTERM');
    // A millisecond for each is assumed, and the last may be told 1.25 s behind the deadline.
    await clock.advanceAsync(51_249);
    expect(told(streams)).toBe(0);
    await clock.advanceAsync(1);
    expect(told(streams)).toBe(50);
    // On this clock telling takes no time.
    await clock.advanceAsync(8_749);
    expect(told(streams)).toBe(50);
    await clock.advanceAsync(1_251);
    expect(told(streams)).toBe(10_000);
  });

  it('go on before the deadline, where the machine is as slow as that', async () => {
    const clock = new BusyMachine();
    const drain = new Drain(resolveDrainOptions({ timeout: 60 }), clock);
    const toldAt: number[] = [];
    for (let count = 0; count < 10_000; count += 1) {
      const stream = drain.streams.admit(
        { kind: 'finite', route: '/' },
        {
          end: () => {
            clock.work(0.4);
            toldAt.push(clock.now());
            if ('release' in stream) stream.release();
          },
          destroy: () => undefined,
        },
      );
    }
    const report = drain.start('SIGTERM');
    await clock.runAll();
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 10_000, cut: 0 });
    const [first = 0, last = 0] = [toldAt[0], toldAt.at(-1)];
    expect(first).toBeGreaterThan(51_000);
    // Ten thousand at 0.4 ms are 4 s. They end 1.25 s behind the deadline, and not much earlier.
    expect(last).toBeLessThanOrEqual(61_250);
    expect(last).toBeGreaterThan(61_000);
  });

  it('leave answers that are written whole, and only lag, their time until the deadline and behind it', async () => {
    const { clock, drain } = setUp(0);
    const destroyedAt: number[] = [];
    let isWritten = false;
    for (let count = 0; count < 10_000; count += 1) {
      const early = count % 2 === 0;
      const transport = {
        get isWritten() {
          // The others are written while the early farewells go on.
          return early || isWritten;
        },
        end: () => (isWritten = true),
        destroy: () => destroyedAt.push(clock.now()),
      };
      drain.streams.admit({ kind: 'finite', route: '/' }, transport);
    }
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(59_999);
    // The one that was told has had its time.
    expect(destroyedAt).toHaveLength(1);
    await clock.advanceAsync(10_000);
    expect(destroyedAt[1]).toBeGreaterThanOrEqual(62_000);
    expect(await report).toMatchObject({ outcome: 'timeout', cut: 10_000 });
  });

  it('wait for the deadline with the streams that end by themselves in the meantime', async () => {
    const { clock, drain, streams } = setUp(10_000);
    void drain.start('SIGTERM');
    await clock.advanceAsync(50_000);
    for (const stream of streams.slice(100)) stream.close();
    await clock.advanceAsync(9_999);
    expect(told(streams)).toBe(0);
  });

  it('reach a stream that was admitted behind the first wave, and each stream once', async () => {
    const { clock, drain, streams } = setUp(10_000);
    void drain.start('SIGTERM');
    await clock.advanceAsync(57_000);
    const late = drain.streams.admit(
      { kind: 'finite', route: '/', isExisting: true },
      { end: () => ends.push(clock.now()), destroy: () => undefined },
    );
    const ends: number[] = [];
    expect(late.admitted).toBe(true);
    await clock.advanceAsync(5_000);
    expect(ends).toHaveLength(1);
    expect(ends[0]).toBeGreaterThanOrEqual(60_000);
    expect(streams.every((stream) => stream.ends.length === 1)).toBe(true);
  });

  it('belong to the deadline, also where all have left before it', async () => {
    const { clock, drain, streams } = setUp(10_000);
    const report = drain.start('SIGTERM');
    await clock.advanceAsync(52_000);
    for (const stream of streams) stream.close();
    await endOfTurn();
    expect(await report).toMatchObject({ outcome: 'timeout', cancelled: 50, completed: 9_950 });
    expect(clock.pending).toBe(0);
  });
});

it('the listeners have the flush behind the last farewell, where it came late', async () => {
  const clock = new BusyMachine();
  const drain = new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2 }), clock);
  const deadlines: number[] = [];
  drain.listeners.add({ stop: (until) => Promise.resolve(void deadlines.push(until)) });
  for (let count = 0; count < 4; count += 1) {
    const stream = drain.streams.admit(
      { kind: 'finite', route: '/' },
      {
        end: () => {
          clock.work(600);
          if ('release' in stream) stream.release();
        },
        destroy: () => undefined,
      },
    );
  }
  const report = drain.start('SIGTERM');
  await clock.runAll();
  expect(await report).toMatchObject({ cancelled: 4 });
  await drain.stopListeners();
  expect(deadlines).toEqual([10_000 + 4 * 600 + 2_000]);
});

describe('the last bound', () => {
  it.each([
    { grace: undefined, end: 64_500, why: 'half of the five seconds that a pod is to have' },
    { grace: 63, end: 62_500, why: 'half of the second that the grace period leaves' },
    { grace: 80, end: 71_000, why: 'half of what a longer one leaves' },
  ])('ends the drain after $end ms with a grace of $grace: $why', async ({ grace, end }) => {
    const clock = new BusyMachine();
    const options = grace === undefined ? {} : { terminationGracePeriod: grace };
    const drain = new Drain(resolveDrainOptions({ timeout: 60, ...options }), clock);
    // Each keeps the machine for a second, so that not all can be told.
    for (let count = 0; count < 100; count += 1) {
      drain.streams.admit(
        { kind: 'finite', route: '/' },
        { end: () => clock.work(1_000), destroy: () => undefined },
      );
    }
    const report = drain.start('SIGTERM');
    await clock.runAll();
    const { untold = 0, cut, neededGracePeriod = 0, waitedSeconds } = await report;
    expect(cut).toBe(100);
    expect(untold).toBeGreaterThan(80);
    expect(waitedSeconds * 1_000).toBeGreaterThanOrEqual(end);
    expect(waitedSeconds * 1_000).toBeLessThan(end + 1_000);
    // 100 s of telling, and as much for hooks and exit.
    expect(neededGracePeriod).toBeGreaterThanOrEqual(60 + 2 + 200);
  });

  it('is what is left, where the deadline is brought forward', async () => {
    const { clock, drain, streams } = setUp(10_000);
    const report = drain.start('wait');
    await clock.advanceAsync(10_000);
    drain.expireNow(1.5);
    await clock.advanceAsync(1_500);
    expect(await report).toMatchObject({ cut: 10_000, waitedSeconds: 11.5 });
    expect(told(streams)).toBe(10_000);
  });
});

it('what has left by the last bound is no loss, though its socket is read only behind it', async () => {
  const { clock, drain, streams } = setUp(4, { flushTimeout: 100, terminationGracePeriod: 162 });
  const report = drain.start('wait');
  await clock.advanceAsync(10_000);
  drain.expireNow(1.5);
  // As a busy process does: its timers first, then what the sockets have brought.
  clock.schedule(1_500, () => streams.slice(0, 3).forEach((stream) => stream.close()));
  await clock.advanceAsync(1_500);
  expect(await report).toMatchObject({ cancelled: 3, cut: 1 });
});

describe('the outlook', () => {
  it('is known from the draining on', () => {
    const { drain } = setUp(100, { propagationDelay: 1 });
    expect(drain.outlook).toBeUndefined();
    void drain.start('SIGTERM');
    expect(drain.outlook).toBeUndefined();
  });

  it('says how long before the deadline the farewells would begin', () => {
    const { drain } = setUp(10_000);
    void drain.start('SIGTERM');
    expect(drain.outlook).toEqual({
      streams: 10_000,
      seconds: 10,
      lead: 8.75,
      neededGracePeriod: undefined,
    });
  });

  it('names the grace period that they need, where the time is too short', () => {
    const { drain } = setUp(10_000, { timeout: 2 });
    void drain.start('SIGTERM');
    // One second before the deadline, and nine behind it.
    expect(drain.outlook).toMatchObject({ lead: 1, neededGracePeriod: 23 });
  });
});
