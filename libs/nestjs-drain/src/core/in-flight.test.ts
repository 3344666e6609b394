import { describe, expect, it } from '@jest/globals';
import { endOfTurn } from '../../test/support/turn.js';
import { InFlight } from './in-flight.js';

function watch(work: InFlight) {
  const waiter = { answers: 0 };
  void work.whenEmpty().then(() => (waiter.answers += 1));
  return waiter;
}

describe.each([true, false])('in-flight work (late work awaited: %s)', (awaitsLateWork) => {
  const create = () => new InFlight('requests', { awaitsLateWork });

  it('counts what entered and has not left', () => {
    const work = create();
    const [one, other] = [{}, {}];
    work.enter(one);
    work.enter(other);
    expect(work.size).toBe(2);
    work.leave(one);
    expect(work.size).toBe(1);
  });

  it('law 2: is settled when closed and empty, never when just empty', async () => {
    const work = create();
    const one = {};
    const waiter = watch(work);
    work.enter(one);
    work.leave(one);
    await endOfTurn();
    expect([work.isSettled, waiter.answers]).toEqual([false, 0]);
    work.close();
    await endOfTurn();
    expect([work.isSettled, waiter.answers]).toEqual([true, 1]);
  });

  it('law 3: answers in the turn in which the last of it left', async () => {
    const work = create();
    const [one, other] = [{}, {}];
    work.enter(one);
    work.enter(other);
    work.close();
    const waiters = [watch(work), watch(work)];
    work.leave(one);
    await endOfTurn();
    expect(waiters.map((waiter) => waiter.answers)).toEqual([0, 0]);
    work.leave(other);
    await endOfTurn();
    expect(waiters.map((waiter) => waiter.answers)).toEqual([1, 1]);
  });

  it('law 4: leaving twice counts once', () => {
    const work = create();
    const [one, other] = [{}, {}];
    work.enter(one);
    work.enter(other);
    work.close();
    work.leave(one);
    work.leave(one);
    expect([work.size, work.isSettled]).toEqual([1, false]);
  });

  it('law 8: what turned out not to be work leaves no trace', () => {
    const work = create();
    const probe = {};
    work.enter(probe);
    work.leave(probe);
    work.close();
    expect([work.size, work.isSettled]).toEqual([0, true]);
  });

  it('does not wait any more after it was reopened', async () => {
    const work = create();
    const one = {};
    work.enter(one);
    work.close();
    const waiter = watch(work);
    work.reopen();
    work.leave(one);
    await endOfTurn();
    expect([work.isSettled, waiter.answers]).toEqual([false, 0]);
  });
});

describe('late work', () => {
  it('is waited for where it is awaited', async () => {
    const tasks = new InFlight('tasks', { awaitsLateWork: true });
    const [early, late] = [{}, {}];
    tasks.enter(early);
    tasks.close();
    tasks.enter(late);
    const waiter = watch(tasks);
    tasks.leave(early);
    await endOfTurn();
    expect([tasks.isSettled, waiter.answers]).toEqual([false, 0]);
    tasks.leave(late);
    await endOfTurn();
    expect([tasks.isSettled, waiter.answers]).toEqual([true, 1]);
  });

  it('law 7: is done but does not hold the drain where it is not awaited', async () => {
    const requests = new InFlight('requests', { awaitsLateWork: false });
    const [early, late] = [{}, {}];
    requests.enter(early);
    requests.close();
    requests.enter(late);
    expect(requests.size).toBe(2);
    const waiter = watch(requests);
    requests.leave(early);
    await endOfTurn();
    expect([requests.size, requests.isSettled, waiter.answers]).toEqual([1, true, 1]);
  });

  it('law 11: one piece of late work is waited for where its owner asks for it', async () => {
    const requests = new InFlight('requests', { awaitsLateWork: false });
    const lastAnswer = {};
    requests.close();
    requests.enter(lastAnswer, true);
    expect([requests.isSettled, requests.unfinished]).toEqual([false, 1]);
    const waiter = watch(requests);
    requests.leave(lastAnswer);
    await endOfTurn();
    expect([requests.isSettled, waiter.answers]).toEqual([true, 1]);
  });
});

it.each(['before', 'after'])(
  'work that waits for the drain itself is not waited for: excused %s close()',
  (when) => {
    const work = new InFlight('tasks', { awaitsLateWork: true });
    const waiter = {};
    work.enter(waiter);
    if (when === 'before') work.excuse(waiter);
    work.close();
    if (when === 'after') work.excuse(waiter);
    expect([work.isSettled, work.unfinished, work.size]).toEqual([true, 0, 1]);
  },
);

describe('work that its owner is asked for', () => {
  function setUp() {
    const open = new Set<object>();
    const work = new InFlight('requests', { awaitsLateWork: false });
    work.askFor(() => open);
    return { open, work };
  }

  it('is counted without being told of', () => {
    const { open, work } = setUp();
    open.add({}).add({});
    expect([work.size, work.unfinished]).toEqual([2, 2]);
    open.clear();
    expect(work.size).toBe(0);
  });

  it('law 3: is waited for from the close on, each piece once', async () => {
    const { open, work } = setUp();
    const [one, other] = [{}, {}];
    open.add(one).add(other);
    work.close();
    const waiter = watch(work);
    expect([work.size, work.unfinished]).toEqual([2, 2]);
    open.delete(one);
    work.leave(one);
    await endOfTurn();
    expect([work.unfinished, waiter.answers]).toEqual([1, 0]);
    open.delete(other);
    work.leave(other);
    await endOfTurn();
    expect([work.size, waiter.answers]).toEqual([0, 1]);
  });

  it('is not counted where it turned out to be none, before the close or behind it', () => {
    const { open, work } = setUp();
    const [stream, late, request] = [{}, {}, {}];
    open.add(stream).add(request);
    work.leave(stream);
    expect(work.size).toBe(1);
    work.close();
    open.add(late);
    work.enter(late);
    work.leave(late);
    expect(work.size).toBe(1);
    work.reopen();
    expect(work.size).toBe(1);
  });

  it('is not counted twice after a reset', () => {
    const { open, work } = setUp();
    const [early, late] = [{}, {}];
    open.add(early);
    work.close();
    open.add(late);
    work.enter(late);
    work.reopen();
    expect(work.size).toBe(2);
    open.delete(early);
    open.delete(late);
    expect(work.size).toBe(0);
  });

  it('is excused as it is', () => {
    const { open, work } = setUp();
    const waiting = {};
    open.add(waiting);
    work.excuse(waiting);
    work.close();
    expect([work.size, work.isSettled]).toEqual([1, true]);
  });
});
