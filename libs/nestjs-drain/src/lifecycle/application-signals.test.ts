import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted } from '../../test/support/scripted-stream.js';
import type { AfterNest } from '../compat/nest-close.js';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import { ApplicationSignals } from './application-signals.js';
import type { Hooks } from './hooks.js';
import { separateOptions, type ModuleOptions } from './options.js';
import { ShutdownSequence } from './shutdown-sequence.js';
import type { UnrunHooks } from './unrun-hooks.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function setUp(given: ModuleOptions) {
  const { drain: options, process } = separateOptions(given);
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions(options), clock);
  const hooks = { conclude: () => Promise.resolve() } as unknown as Hooks;
  const sequence = new ShutdownSequence(drain, process, hooks);
  const afterNest = { task: undefined } as AfterNest;
  const unrun = { warningAfter: () => undefined } as unknown as UnrunHooks;
  const signals = new ApplicationSignals(sequence, drain, process, afterNest, unrun);
  cleanups.push(() => afterNest.task?.());
  return { clock, drain, sequence, signals };
}

describe('a SIGTERM while the kubelet waits', () => {
  test('means that its grace period is over: the deadline is now', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    cleanups.push(() => warn.mockRestore());
    const { clock, drain, signals } = setUp({ timeout: 300 });
    drain.tasks.enter({});
    const answered = drain.kubeletWaits();
    void drain.start('wait');
    await clock.advanceAsync(5_000);
    const left = signals.leave('SIGTERM');
    expect([drain.secondsLeft, drain.expired.aborted]).toEqual([0, true]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('about 2 s are left')]]);
    await clock.advanceAsync(1_500);
    await left;
    expect(drain.phase).toBe('drained');
    answered();
  });

  test.each([
    ['another caller waits', () => undefined],
    ['the hook has been answered', (drain: Drain) => drain.kubeletWaits()()],
  ])('and only then: not when %s', async (_, before) => {
    const { drain, signals } = setUp({ timeout: 300 });
    drain.tasks.enter({});
    before(drain);
    void drain.start('wait');
    void signals.leave('SIGTERM');
    expect([drain.secondsLeft! > 299, drain.expired.aborted]).toEqual([true, false]);
    await Promise.resolve();
  });
});

describe('a drain that is taken back after a signal', () => {
  test.each([
    ['and nothing follows', () => undefined],
    ['and another trigger drains in the same turn', (drain: Drain) => void drain.start('initiate')],
  ])('counts that signal no more: %s', async (_, follow) => {
    const { drain, signals } = setUp({ timeout: 300, propagationDelay: 5 });
    const left = signals.leave('SIGTERM');
    drain.reset();
    follow(drain);
    expect(await left).toBe(false);
  });

  test('a drain that ends counts it', async () => {
    const { signals } = setUp({ timeout: 300 });
    expect(await signals.leave('SIGTERM')).toBe(true);
  });
});

describe('in development', () => {
  test('a signal shuts the listeners first, ends the streams at once, and nothing is late', async () => {
    const { clock, drain, signals } = setUp({
      timeout: 300,
      propagationDelay: 5,
      development: true,
    });
    const order: string[] = [];
    drain.listeners.add({
      stop: (deadline) => {
        order.push(`listener shut, ${(deadline - clock.now()) / 1000} s for the last answers`);
        return Promise.resolve();
      },
    });
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    drain.events.subscribe((event) => {
      if (event.type === 'released') order.push(event.outcome);
      if (event.type === 'ended') order.push(`ended after ${event.report.waitedSeconds} s`);
    });
    const left = signals.leave('SIGTERM');
    await clock.advanceAsync(0);
    expect(await left).toBe(true);
    expect(order).toEqual([
      'reconnect',
      'listener shut, 2 s for the last answers',
      'cancelled',
      'ended after 0 s',
    ]);
  });
});

describe('an application that its own code closes', () => {
  const lameDuck = { timeout: 60, propagationDelay: 20 } as const;
  test('has no lame duck: nothing sends to it', async () => {
    const { drain, sequence } = setUp(lameDuck);
    const closed = sequence.run('close');
    expect(drain.phase).toBe('draining');
    await closed;
  });

  test.each<[string, ModuleOptions]>([
    ['it is asked for', { ...lameDuck, lameDuckOnClose: true }],
    ['Nest alone listens to signals', { ...lameDuck, signals: false }],
  ])('has one where %s', (_, options) => {
    const { drain, sequence } = setUp(options);
    void sequence.run('close');
    expect(drain.phase).toBe('lameDuck');
  });

  test('keeps the lame duck that an earlier trigger began', () => {
    const { drain, sequence } = setUp(lameDuck);
    void drain.start('wait');
    void sequence.run('close');
    expect(drain.phase).toBe('lameDuck');
  });
});
