import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import { resolveDrainOptions, type DrainOptions } from './options.js';

function setUp(options: DrainOptions = {}) {
  const clock = new ManualClock(5_000);
  const drain = new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2, ...options }), clock);
  return { clock, drain, streams: drain.streams };
}

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
    expect((await waiting).waitedSeconds).toBe(1);
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

  it('law 11: last answers are admitted in the first half of the draining, and waited for', async () => {
    const { clock, drain, streams } = setUp({ propagationDelay: 2, flushTimeout: 1 });
    const first = admitted(streams);
    const waiting = drain.start('SIGTERM');
    const lastAnswer = (): ScriptedStream => {
      const stream = new ScriptedStream('finite', {}, true);
      stream.requestFrom(streams);
      return stream;
    };
    await clock.advanceAsync(5_999);
    const last = lastAnswer();
    first.close();
    await clock.advanceAsync(1);
    expect([last.isOpen, lastAnswer().isOpen, drain.phase]).toEqual([true, false, 'draining']);
    last.close();
    expect(await waiting).toMatchObject({ outcome: 'completed', completed: 2, refused: 1 });
  });

  it('law 11: without a propagation delay a new stream is refused on any connection', () => {
    const { drain, streams } = setUp();
    void drain.start('SIGTERM');
    expect(new ScriptedStream('finite', {}, true).requestFrom(streams).admitted).toBe(false);
  });

  it('law 10: upgraded sockets that no adapter claimed are reported and not waited for', async () => {
    const { drain } = setUp();
    drain.upgrades.add({});
    expect((await drain.start('SIGTERM')).unfinished).toEqual({ upgrades: 1 });
  });

  it('law 5: at the deadline the farewell comes first and destruction flushTimeout later', async () => {
    const { clock, drain, streams } = setUp();
    const stream = admitted(streams);
    let reports = 0;
    drain.events.subscribe(({ type }) => (reports += type === 'ended' ? 1 : 0));
    const waiting = drain.start('SIGTERM');
    await clock.advanceAsync(10_000);
    expect([stream.ends, stream.destroys]).toEqual([['deadline'], 0]);
    await clock.advanceAsync(1_999);
    expect([stream.destroys, drain.phase]).toEqual([0, 'draining']);
    await clock.advanceAsync(1);
    expect([stream.destroys, drain.phase]).toEqual([1, 'drained']);
    expect(await waiting).toMatchObject({ outcome: 'timeout', cut: 1, cancelled: 0 });
    expect(reports).toBe(1);
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
      waitedSeconds: 10,
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
        waitedSeconds: 12,
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
    expect(await waiting).toMatchObject({ reconnect: 1, cut: 3, waitedSeconds: 12 });
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
      completed: 1,
      abandoned: 1,
      reconnect: 1,
      cancelled: 1,
      handedOff: 1,
      cut: 2,
      unfinished: {},
      waitedSeconds: 12,
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
