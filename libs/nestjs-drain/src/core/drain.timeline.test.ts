import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import type { DrainEvent } from './events.js';
import { resolveDrainOptions, type DrainOptions } from './options.js';

function setUp(options: DrainOptions = {}) {
  const clock = new ManualClock(5_000);
  const drain = new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2, ...options }), clock);
  const seen: DrainEvent[] = [];
  drain.events.subscribe((event) => seen.push(event));
  return { clock, drain, streams: drain.streams, seen };
}

describe('the timeline', () => {
  it('goes from serving over lameDuck and draining to drained', async () => {
    const { clock, drain, streams, seen } = setUp({ propagationDelay: 3 });
    const stream = admitted(streams);
    expect([drain.phase, drain.isShuttingDown, drain.deadline]).toEqual([
      'serving',
      false,
      undefined,
    ]);
    const waiting = drain.start('SIGTERM');
    expect([drain.phase, drain.isShuttingDown, drain.deadline]).toEqual(['lameDuck', true, 15_000]);
    await clock.advanceAsync(2_999);
    expect(drain.phase).toBe('lameDuck');
    await clock.advanceAsync(1);
    expect(drain.phase).toBe('draining');
    stream.close();
    const report = await waiting;
    expect([drain.phase, drain.isShuttingDown]).toEqual(['drained', true]);
    expect(seen.filter(({ type }) => type !== 'admitted' && type !== 'released')).toEqual([
      { type: 'phaseChanged', phase: 'lameDuck', previous: 'serving' },
      { type: 'started', trigger: 'SIGTERM' },
      { type: 'phaseChanged', phase: 'draining', previous: 'lameDuck' },
      { type: 'phaseChanged', phase: 'drained', previous: 'draining' },
      { type: 'ended', report },
    ]);
  });

  it('closes in the turn of the trigger when there is nothing to propagate', () => {
    const { drain, streams } = setUp();
    admitted(streams);
    void drain.start('SIGTERM');
    expect(drain.phase).toBe('draining');
  });

  it('has one deadline, counted from the first trigger, whatever joins and whenever it closes', async () => {
    const { clock, drain, streams } = setUp({ propagationDelay: 4 });
    const stream = admitted(streams);
    void drain.start('preStop');
    await clock.advanceAsync(6_000);
    void drain.start('SIGTERM');
    await clock.advanceAsync(3_999);
    expect([stream.ends, drain.expired.aborted]).toEqual([[], false]);
    await clock.advanceAsync(1);
    expect([stream.ends, drain.expired.aborted]).toEqual([['deadline'], true]);
  });

  it('stops what streams read from only when every stream has been told, so that none counts as completed', async () => {
    const { clock, drain, streams } = setUp({ waves: { size: 2, interval: 0.1 } });
    const open = Array.from({ length: 5 }, () => admitted(streams));
    drain.allTold.addEventListener('abort', () => {
      for (const stream of open) stream.close();
    });
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(10_100);
    expect([drain.expired.aborted, drain.allTold.aborted]).toEqual([true, false]);
    await clock.advanceAsync(100);
    expect(drain.allTold.aborted).toBe(true);
    expect(await waiting).toMatchObject({ cancelled: 5, completed: 0 });
  });

  it('gives every trigger the same report and names the first', async () => {
    const { drain, seen } = setUp();
    const first = drain.start('preStop');
    expect(drain.start('SIGTERM')).toBe(first);
    const report = await first;
    expect(report.trigger).toBe('preStop');
    expect(await drain.start('close')).toBe(report);
    expect(seen.filter(({ type }) => type === 'joined')).toEqual([
      { type: 'joined', trigger: 'SIGTERM' },
      { type: 'joined', trigger: 'close' },
    ]);
  });

  it('tells subscriptions in waves when it closes, and leaves finite streams alone', async () => {
    const { clock, drain, streams } = setUp({
      propagationDelay: 2,
      waves: { size: 2, interval: 0.5 },
    });
    const finite = admitted(streams);
    const early = [1, 2, 3].map(() => admitted(streams, 'subscription', { onEnd: 'deliver' }));
    void drain.start('SIGTERM');
    const late = admitted(streams, 'subscription', { onEnd: 'deliver' });
    const ends = () => [...early, late].map((stream) => stream.ends.join());
    await clock.advanceAsync(1_999);
    expect(ends()).toEqual(['', '', '', '']);
    await clock.advanceAsync(1);
    expect(ends()).toEqual(['reconnect', 'reconnect', '', '']);
    await clock.advanceAsync(500);
    expect(ends()).toEqual(['reconnect', 'reconnect', 'reconnect', 'reconnect']);
    expect(finite.ends).toEqual([]);
  });

  it('takes the remaining waves back when no stream is left', async () => {
    const { clock, drain, streams } = setUp({ waves: { size: 1, interval: 0.5 } });
    const [told, gone] = [admitted(streams, 'subscription'), admitted(streams, 'subscription')];
    void drain.start('SIGTERM');
    told.close();
    gone.close();
    await endOfTurn();
    expect([drain.phase, clock.pending, gone.ends]).toEqual(['drained', 0, []]);
  });

  it.each([
    { phase: 'reconnect', kind: 'subscription', before: 0, half: 4_000 },
    { phase: 'cancelled', kind: 'finite', before: 10_000, half: 1_250 },
  ] as const)(
    'has $phase all within half of the time they have',
    async ({ kind, before, half }) => {
      const { clock, drain, streams } = setUp({
        propagationDelay: 2,
        waves: { size: 1, interval: 0.1 },
      });
      const many = Array.from({ length: 300 }, () => admitted(streams, kind));
      const untold = () => many.filter((stream) => stream.ends.length === 0).length;
      void drain.start('SIGTERM');
      await clock.advanceAsync(before || 2_000);
      expect(untold()).toBeGreaterThan(0);
      expect(untold()).toBeLessThan(300);
      await clock.advanceAsync(half);
      expect(untold()).toBe(0);
    },
  );
});

describe('the seconds left', () => {
  it('count down to the deadline and are known only while the drain runs', async () => {
    const { clock, drain, streams } = setUp();
    admitted(streams);
    expect(drain.secondsLeft).toBeUndefined();
    void drain.start('SIGTERM');
    await clock.advanceAsync(2_500);
    expect(drain.secondsLeft).toBe(7.5);
    await clock.advanceAsync(8_000);
    expect([drain.phase, drain.secondsLeft]).toEqual(['draining', 0]);
    await clock.advanceAsync(2_000);
    expect([drain.phase, drain.secondsLeft]).toEqual(['drained', undefined]);
  });
});

describe('a beginning that takes a while', () => {
  it('does not move the deadline: it counts from the trigger', () => {
    const { clock, drain, streams } = setUp();
    const stream = admitted(streams);
    drain.events.on('started', () => clock.advance(400));
    void drain.start('SIGTERM');
    clock.advance(9_599);
    expect(stream.ends).toEqual([]);
    clock.advance(1);
    expect(stream.ends).toEqual(['deadline']);
  });
});
