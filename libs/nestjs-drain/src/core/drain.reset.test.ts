import { describe, expect, it } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { endOfTurn } from '../../test/support/turn.js';
import { Drain } from './drain.js';
import { type DrainPhase, DrainResetError, ResetRefusedError } from './phase.js';
import { resolveDrainOptions } from './options.js';

function setUp(propagationDelay = 0) {
  const clock = new ManualClock();
  const options = resolveDrainOptions({ timeout: 10, flushTimeout: 2, propagationDelay });
  return { clock, drain: new Drain(options, clock) };
}

describe('reset', () => {
  it('takes a lame duck back into service, and leaves nothing scheduled', async () => {
    const { clock, drain } = setUp(5);
    const stream = admitted(drain.streams);
    const waiting = drain.start('preStop');
    drain.reset();
    await expect(waiting).rejects.toThrow(DrainResetError);
    expect([drain.phase, drain.deadline, clock.pending]).toEqual(['serving', undefined, 0]);
    await clock.advanceAsync(60_000);
    expect([drain.phase, drain.expired.aborted, stream.ends]).toEqual(['serving', false, []]);
  });

  it('opens the door again while only finite streams were waited for', async () => {
    const { drain } = setUp();
    const stream = admitted(drain.streams);
    const work = {};
    drain.requests.enter(work);
    void drain.start('preStop');
    drain.reset();
    expect([drain.streams.isClosed, drain.tasks.isSettled]).toEqual([false, false]);
    expect(new ScriptedStream().requestFrom(drain.streams).admitted).toBe(true);
    stream.close();
    drain.requests.leave(work);
    await endOfTurn();
    expect(drain.phase).toBe('serving');
  });

  it('brings back a process that had drained without closing anything, which keeps its report', async () => {
    const { drain } = setUp();
    const report = await drain.start('preStop');
    drain.reset();
    expect(drain.phase).toBe('serving');
    expect(report.outcome).toBe('completed');
  });

  it('lets the next drain start afresh, with its own report, deadline and numbers', async () => {
    const { clock, drain } = setUp();
    const stream = admitted(drain.streams);
    const first = drain.start('preStop');
    new ScriptedStream().requestFrom(drain.streams);
    await clock.advanceAsync(4_000);
    drain.reset();
    await expect(first).rejects.toThrow(DrainResetError);
    const second = drain.start('SIGTERM');
    expect(drain.deadline).toBe(14_000);
    await clock.advanceAsync(1_000);
    expect(drain.phase).toBe('draining');
    stream.close();
    expect(await second).toMatchObject({
      trigger: 'SIGTERM',
      activeBefore: 1,
      completed: 1,
      refused: 0,
      waitedSeconds: 1,
    });
  });

  it.each([
    ['a subscription was told', 'subscription', 0],
    ['the deadline has passed', 'finite', 10_000],
  ] as const)('is refused once %s', async (_reason, kind, after) => {
    const { clock, drain } = setUp();
    admitted(drain.streams, kind);
    void drain.start('SIGTERM');
    await clock.advanceAsync(after);
    expect(() => drain.reset()).toThrow(ResetRefusedError);
    expect(drain.phase).toBe('draining');
    expect(drain.streams.isClosed).toBe(true);
    await clock.advanceAsync(12_000);
    expect(() => drain.reset()).toThrow('start a new one');
  });

  it('is refused once the deadline has passed over a task', async () => {
    const { clock, drain } = setUp();
    drain.tasks.enter({});
    void drain.start('SIGTERM');
    await clock.advanceAsync(10_000);
    expect(() => drain.reset()).toThrow(ResetRefusedError);
  });

  it('is refused once the listeners are being stopped', () => {
    const { drain } = setUp();
    void drain.stopListeners();
    expect(() => drain.reset()).toThrow(ResetRefusedError);
  });

  it('changes nothing while serving', () => {
    const { drain } = setUp();
    const phases: string[] = [];
    drain.events.subscribe(({ type }) => phases.push(type));
    drain.reset();
    expect([drain.phase, phases]).toEqual(['serving', []]);
  });

  it.each<DrainPhase>(['lameDuck', 'draining', 'drained'])(
    'by a listener that hears of %s leaves nothing behind',
    async (at) => {
      const { clock, drain } = setUp(at === 'lameDuck' ? 5 : 0);
      const kind = at === 'drained' ? 'finite' : 'subscription';
      const stream = admitted(drain.streams, kind);
      drain.events.subscribe((event) => {
        if (event.type === 'phaseChanged' && event.phase === at) drain.reset();
      });
      const settled = drain.start('initiate').then(
        () => 'report',
        (error: Error) => error.name,
      );
      if (at === 'drained') stream.close();
      await endOfTurn();
      expect([drain.phase, clock.pending, stream.ends]).toEqual(['serving', 0, []]);
      expect(await settled).toBe(at === 'drained' ? 'report' : 'DrainResetError');
      await clock.advanceAsync(60_000);
      expect([drain.phase, drain.expired.aborted]).toEqual(['serving', false]);
    },
  );
});

it.each([
  ['its listeners have been closed', (drain: Drain) => void drain.stopListeners()],
  ['connections have been closed', (drain: Drain) => drain.makeIrreversible()],
  [
    'the application is being closed',
    (drain: Drain) => drain.makeIrreversible('the application is being closed'),
  ],
])('a refused reset says why: %s', (reason, close) => {
  const { drain } = setUp();
  void drain.start('SIGTERM');
  close(drain);
  drain.makeIrreversible('a later reason');
  expect(() => drain.reset()).toThrow(
    `The drain cannot be reset: ${reason}. Let this process exit`,
  );
});
