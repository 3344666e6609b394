import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { admitted, ScriptedStream } from '../testing/scripted-stream.js';
import { endOfTurn } from '../testing/turn.js';
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
    expect(ends()).toEqual(['told', 'told', '', '']);
    await clock.advanceAsync(500);
    expect(ends()).toEqual(['told', 'told', 'told', 'told']);
    expect(finite.ends).toEqual([]);
  });

  it.each([
    { phase: 'told', kind: 'subscription', before: 0, half: 4_000 },
    { phase: 'cancelled', kind: 'finite', before: 10_000, half: 1_000 },
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

describe('the laws', () => {
  it('law 1: a stream is counted until the drain closes, and refused from then on', async () => {
    const { clock, drain, streams } = setUp({ propagationDelay: 1, retryAfter: 7 });
    void drain.start('SIGTERM');
    const lastOne = admitted(streams);
    await clock.advanceAsync(1_000);
    const refusal = { admitted: false, retryAfter: 7 };
    const ask = () => new ScriptedStream().requestFrom(streams);
    expect(ask()).toEqual({ ...refusal, reason: 'draining' });
    lastOne.close();
    await endOfTurn();
    expect(ask()).toEqual({ ...refusal, reason: 'drained' });
    expect(streams.size).toBe(0);
  });

  it('law 2: an empty process does not end its drain before it has closed', async () => {
    const { clock, drain } = setUp({ propagationDelay: 1 });
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(999);
    expect(drain.phase).toBe('lameDuck');
    await clock.advanceAsync(1);
    expect(drain.phase).toBe('drained');
    expect((await waiting).waited).toBe(1_000);
  });

  it('law 3: the drain ends in the turn in which the last work left, whichever it was', async () => {
    for (const last of ['stream', 'request', 'task']) {
      const { drain, streams } = setUp();
      const stream = admitted(streams);
      const [request, task] = [{}, {}];
      drain.requests.enter(request);
      drain.tasks.enter(task);
      void drain.start('SIGTERM');
      const leaves = {
        stream: () => stream.close(),
        request: () => drain.requests.leave(request),
        task: () => drain.tasks.leave(task),
      };
      for (const [name, leave] of Object.entries(leaves)) if (name !== last) leave();
      await endOfTurn();
      expect(drain.phase).toBe('draining');
      leaves[last as keyof typeof leaves]();
      await endOfTurn();
      expect(drain.phase).toBe('drained');
    }
  });

  it('law 3: the drain has at most three timers, however many streams there are', async () => {
    const { clock, drain, streams } = setUp({ propagationDelay: 1, waves: { size: 1 } });
    const most: number[] = [];
    for (let count = 0; count < 1_000; count += 1) admitted(streams, 'subscription');
    void drain.start('SIGTERM');
    for (let step = 0; step < 120; step += 1) {
      most.push(clock.pending);
      await clock.advanceAsync(100);
    }
    expect(Math.max(...most)).toBeLessThanOrEqual(3);
    expect(clock.pending).toBe(0);
  });

  it('law 5: at the deadline the farewell comes first and destruction flushTimeout later', async () => {
    const { clock, drain, streams } = setUp();
    const stream = admitted(streams);
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(10_000);
    expect([stream.ends, stream.destroys]).toEqual([['deadline'], 0]);
    await clock.advanceAsync(1_999);
    expect([stream.destroys, drain.phase]).toEqual([0, 'draining']);
    await clock.advanceAsync(1);
    expect([stream.destroys, drain.phase]).toEqual([1, 'drained']);
    expect(await waiting).toMatchObject({ outcome: 'timeout', cut: 1, cancelled: 0 });
  });

  it('law 5: a farewell that has left ends the drain at once and is no cut', async () => {
    const { clock, drain, streams } = setUp();
    const stream = admitted(streams, 'finite', { onEnd: 'deliver' });
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(10_000);
    expect(await waiting).toMatchObject({
      outcome: 'timeout',
      cancelled: 1,
      cut: 0,
      waited: 10_000,
    });
    expect(stream.destroys).toBe(0);
  });

  it.each(['stream', 'request', 'task'])(
    'law 7: a hung %s does not hold the drain beyond timeout + flushTimeout',
    async (hung) => {
      const { clock, drain, streams } = setUp();
      if (hung === 'stream') admitted(streams);
      if (hung === 'request') drain.requests.enter({});
      if (hung === 'task') drain.tasks.enter({});
      const waiting = drain.start('SIGTERM');
      await clock.advanceAsync(11_999);
      expect(drain.phase).toBe('draining');
      await clock.advanceAsync(1);
      expect(await waiting).toMatchObject({
        outcome: 'timeout',
        waited: 12_000,
        cut: hung === 'stream' ? 1 : 0,
        unfinished: hung === 'stream' ? {} : { [`${hung}s`]: 1 },
      });
    },
  );

  it('law 7: streams that fail at being ended and at being destroyed do not hold the drain', async () => {
    const { clock, drain, streams } = setUp();
    admitted(streams, 'subscription', { onEnd: 'throw', onDestroy: 'throw' });
    const told = admitted(streams, 'subscription', { onEnd: 'deliver' });
    admitted(streams, 'finite', { onDestroy: 'throw' });
    admitted(streams, 'finite', { onDestroy: 'later' });
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(12_000);
    expect(await waiting).toMatchObject({ told: 1, cut: 3, waited: 12_000 });
    expect(told.destroys).toBe(0);
  });

  it('law 10: every number in the report adds up', async () => {
    const { clock, drain, streams } = setUp({ propagationDelay: 1 });
    admitted(streams).close();
    const stays = admitted(streams);
    const leaves = admitted(streams);
    admitted(streams, 'subscription', { onEnd: 'deliver' });
    admitted(streams, 'subscription', { onEnd: 'break' });
    admitted(streams, 'finite', { onEnd: 'deliver' });
    admitted(streams, 'finite', { onEnd: 'stall' });
    const waiting = drain.start('SIGTERM');
    const handedOff = admitted(streams);
    await clock.advanceAsync(1_000);
    new ScriptedStream().requestFrom(streams);
    stays.close();
    leaves.close(false);
    handedOff.handle.end('handedOff');
    handedOff.close();
    await clock.advanceAsync(11_000);
    expect(await waiting).toEqual({
      outcome: 'timeout',
      trigger: 'SIGTERM',
      activeBefore: 6,
      admitted: 1,
      refused: 1,
      completed: 2,
      abandoned: 1,
      told: 1,
      cancelled: 1,
      handedOff: 1,
      cut: 2,
      unfinished: {},
      waited: 12_000,
    });
  });
});

describe('work that comes late', () => {
  it('a request that comes while draining is served and not waited for', async () => {
    const { drain, streams } = setUp();
    const stream = admitted(streams);
    void drain.start('SIGTERM');
    drain.requests.enter({});
    stream.close();
    await endOfTurn();
    expect([drain.phase, drain.requests.size]).toEqual(['drained', 1]);
  });

  it('a task that another kind of work brings forth is waited for', async () => {
    const { drain, streams } = setUp();
    const stream = admitted(streams);
    const task = {};
    const waiting = drain.start('SIGTERM');
    drain.tasks.enter(task);
    stream.close();
    await endOfTurn();
    expect(drain.phase).toBe('draining');
    drain.tasks.leave(task);
    expect(await waiting).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  it('a task is waited for or comes after the end, never in between', async () => {
    for (let steps = 0; steps < 20; steps += 1) {
      const { drain, streams } = setUp();
      const stream = admitted(streams);
      void drain.start('SIGTERM');
      stream.close();
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      const phaseThen = drain.phase;
      drain.tasks.enter({});
      await endOfTurn();
      expect(drain.phase).toBe(phaseThen);
    }
  });
});

describe('stopping the listeners', () => {
  it('gives all of them until the deadline and the flush that follows it', async () => {
    const { clock, drain } = setUp();
    const deadlines: number[] = [];
    const stop = (deadline: number) => Promise.resolve(void deadlines.push(deadline));
    drain.listeners.add({ stop }).add({ stop: (deadline) => stop(deadline) });
    void drain.start('SIGTERM');
    await clock.advanceAsync(1_000);
    await drain.stopListeners();
    expect(deadlines).toEqual([17_000, 17_000]);
  });

  it('gives a process that never drained the flush alone', async () => {
    const { drain } = setUp();
    let deadline: number | undefined;
    drain.listeners.add({ stop: (until) => Promise.resolve(void (deadline = until)) });
    await drain.stopListeners();
    expect(deadline).toBe(7_000);
  });

  it('law 7: one that fails keeps no other from stopping', async () => {
    const { drain } = setUp();
    let stopped = 0;
    drain.listeners
      .add({
        stop: () => {
          throw new Error('synchronously');
        },
      })
      .add({ stop: () => Promise.reject(new Error('later')) })
      .add({ stop: () => Promise.resolve(void (stopped += 1)) });
    await expect(drain.stopListeners()).resolves.toBeUndefined();
    expect(stopped).toBe(1);
  });

  it('waits for the last of them', async () => {
    const { drain } = setUp();
    let release: (() => void) | undefined;
    drain.listeners.add({ stop: () => new Promise((resolve) => (release = resolve)) });
    let stopped = false;
    void drain.stopListeners().then(() => (stopped = true));
    await endOfTurn();
    expect(stopped).toBe(false);
    release?.();
    await endOfTurn();
    expect(stopped).toBe(true);
  });
});
