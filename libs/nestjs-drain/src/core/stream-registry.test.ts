import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { DrainEvents, type DrainEvent } from './events.js';
import type { Stream, StreamKind } from './stream.js';
import { StreamRegistry } from './stream-registry.js';

const noop = (): void => undefined;
const draining = { reason: 'draining', retryAfter: 3 } as const;

function setUp() {
  const clock = new ManualClock(1_000);
  const events = new DrainEvents();
  const seen: DrainEvent[] = [];
  events.subscribe((event) => seen.push(event));
  return { clock, seen, streams: new StreamRegistry(clock, events) };
}

/** Waits for the vacancy and counts how often it was announced. */
function watch(streams: StreamRegistry) {
  const waiter = { answers: 0 };
  void streams.whenEmpty().then(() => (waiter.answers += 1));
  return waiter;
}

describe('stream registry', () => {
  it('law 1: a stream is counted in the turn in which it is admitted', () => {
    const { streams } = setUp();
    const stream = admitted(streams, 'subscription');
    expect(stream.handle.admitted).toBe(true);
    expect([...streams]).toEqual([stream.handle]);
    expect([streams.size, streams.sizeOf('finite'), streams.sizeOf('subscription')]).toEqual([
      1, 0, 1,
    ]);
    expect(streams.counts()).toMatchObject({ admitted: 1, refused: 0 });
  });

  it('law 1: a refused stream is told why and when to come back, and is not counted as open', () => {
    const { streams, seen } = setUp();
    streams.close(draining);
    const refusal = new ScriptedStream('finite').requestFrom(streams);
    expect(refusal).toEqual({ admitted: false, ...draining });
    expect(streams.size).toBe(0);
    expect(streams.counts()).toMatchObject({ admitted: 0, refused: 1 });
    expect(seen).toEqual([{ type: 'refused', refusal, kind: 'finite', route: '/scripted' }]);
  });

  it('law 1: a closed registry admits what reads what exists, and waits for it', async () => {
    const { streams } = setUp();
    streams.close(draining);
    const existing = { kind: 'finite', isExisting: true, route: '/' } as const;
    const transport = { end: noop, destroy: noop };
    const admission = streams.admit(existing, transport);
    expect([admission.admitted, streams.isSettled]).toEqual([true, false]);
    expect(streams.admit({ ...existing, kind: 'subscription' }, transport).admitted).toBe(false);
    const waiter = watch(streams);
    (admission as Stream).release();
    await endOfTurn();
    expect(waiter.answers).toBe(1);
  });

  it('law 11: a closed registry admits finite last answers until their time, and nothing else', async () => {
    const { clock, streams } = setUp();
    streams.close(draining, { lastAnswersUntil: clock.now() + 5_000 });
    const ask = (kind: StreamKind, isLastAnswer: boolean): boolean =>
      streams.admit({ kind, isLastAnswer, route: '/' }, { end: noop, destroy: noop }).admitted;
    expect(ask('finite', true)).toBe(true);
    expect([ask('finite', false), ask('subscription', true)]).toEqual([false, false]);
    expect([streams.size, streams.isSettled]).toEqual([1, false]);
    await clock.advanceAsync(5_000);
    expect(ask('finite', true)).toBe(false);
    streams.close({ ...draining, reason: 'drained' });
    expect(ask('finite', true)).toBe(false);
  });

  it('law 2: empty alone is not enough, closed alone is not enough', async () => {
    const { streams } = setUp();
    const waiter = watch(streams);
    const stream = admitted(streams);
    stream.close();
    await endOfTurn();
    expect([streams.isClosed, streams.isSettled, waiter.answers]).toEqual([false, false, 0]);
    const last = admitted(streams);
    streams.close(draining);
    await endOfTurn();
    expect([streams.isClosed, streams.isSettled, waiter.answers]).toEqual([true, false, 0]);
    last.close();
    await endOfTurn();
    expect([streams.isSettled, waiter.answers]).toEqual([true, 1]);
  });

  it('law 3: every waiter is answered once, in the turn of the last release', async () => {
    const { streams } = setUp();
    const [first, last] = [admitted(streams), admitted(streams)];
    streams.close(draining);
    const waiters = [watch(streams), watch(streams)];
    first.close();
    await endOfTurn();
    expect(waiters.map((waiter) => waiter.answers)).toEqual([0, 0]);
    last.close();
    await endOfTurn();
    expect(waiters.map((waiter) => waiter.answers)).toEqual([1, 1]);
    const late = watch(streams);
    await endOfTurn();
    expect(late.answers).toBe(1);
  });

  it('law 3: an empty registry answers in the turn in which it is closed', async () => {
    const { streams } = setUp();
    const waiter = watch(streams);
    streams.close(draining);
    await endOfTurn();
    expect(waiter.answers).toBe(1);
  });

  it('law 3: nothing polls and no stream has a timer', () => {
    const { streams, clock } = setUp();
    const many = Array.from({ length: 1_000 }, () => admitted(streams));
    void streams.whenEmpty();
    expect(clock.pending).toBe(0);
    streams.close(draining);
    for (const stream of many) stream.close();
    expect(clock.pending).toBe(0);
    expect(streams.isSettled).toBe(true);
  });

  it('law 4: releasing twice counts once', () => {
    const { streams, seen } = setUp();
    const stream = admitted(streams);
    const other = admitted(streams);
    stream.handle.release();
    stream.handle.release(false);
    expect([streams.size, streams.sizeOf('finite')]).toEqual([1, 1]);
    expect([...streams]).toEqual([other.handle]);
    expect(streams.counts()).toMatchObject({ completed: 1, abandoned: 0, cut: 0 });
    expect(seen.filter((event) => event.type === 'released')).toEqual([
      { type: 'released', stream: stream.handle, outcome: 'completed' },
    ]);
  });

  it('law 4: counts a client that left before the end as abandoned, never as completed', () => {
    const { streams } = setUp();
    admitted(streams).close(false);
    admitted(streams).close(true);
    expect(streams.counts()).toMatchObject({ completed: 1, abandoned: 1, cut: 0 });
  });

  it('does not call a stream that the drain ended abandoned when its bytes are lost', () => {
    const { streams } = setUp();
    const stream = admitted(streams, 'finite', { onEnd: 'break' });
    stream.handle.end('deadline');
    expect(streams.counts()).toMatchObject({ completed: 0, abandoned: 0, cut: 1 });
  });

  it('law 3: the vacancy of an earlier close answers no caller that asks after reopening', async () => {
    const { streams } = setUp();
    const before = watch(streams);
    streams.close(draining);
    streams.reopen();
    const after = watch(streams);
    await endOfTurn();
    expect([before.answers, after.answers]).toEqual([1, 0]);
  });

  it('admits again after it was reopened, and keeps its waiters waiting', async () => {
    const { streams } = setUp();
    const stream = admitted(streams);
    streams.close(draining);
    const waiter = watch(streams);
    streams.reopen();
    stream.close();
    await endOfTurn();
    expect(waiter.answers).toBe(0);
    expect(new ScriptedStream().requestFrom(streams).admitted).toBe(true);
  });

  it('names streams that bring no name, and says when each was admitted', () => {
    const { streams, clock } = setUp();
    const first = admitted(streams).handle;
    clock.advance(250);
    const second = admitted(streams).handle;
    const request = { kind: 'finite', route: '/r', id: 'mine' } as const;
    const named = streams.admit(request, new ScriptedStream());
    expect(first.id).not.toBe(second.id);
    expect(named).toMatchObject({ id: 'mine', route: '/r', admittedAt: 1_250 });
    expect([first.admittedAt, second.admittedAt]).toEqual([1_000, 1_250]);
  });

  it('hands out copies of its totals', () => {
    const { streams } = setUp();
    const before = streams.counts();
    admitted(streams);
    expect(before.admitted).toBe(0);
  });

  it('tells that a stream is asked to end before it is, and only once', () => {
    const { streams, seen } = setUp();
    const { handle } = admitted(streams, 'finite', { onEnd: 'deliver' });
    handle.end('deadline');
    handle.end('reconnect');
    expect(seen.slice(1)).toEqual([
      { type: 'interrupted', stream: handle, cause: 'deadline' },
      { type: 'released', stream: handle, outcome: 'cancelled' },
    ]);
  });

  it('knows the progress that the transport knows, and nothing of one that knows none', () => {
    const { streams } = setUp();
    const silent = admitted(streams).handle;
    const transport = Object.assign(new ScriptedStream(), { progress: () => ({ bytes: 7 }) });
    const talking = streams.admit(transport, transport);
    expect(silent.progress()).toEqual({});
    expect(talking.admitted && talking.progress()).toEqual({ bytes: 7 });
  });
});
