import { describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { Drain } from './drain.js';
import { DrainEvents, type DrainEvent } from './events.js';
import { resolveDrainOptions } from './options.js';

const started: DrainEvent = { type: 'started', trigger: 'SIGTERM' };

const described = (event: DrainEvent): string => {
  const { phase, cause, outcome } = event as { phase?: string; cause?: string; outcome?: string };
  return [event.type, phase ?? cause ?? outcome].filter(Boolean).join(' ');
};

describe('drain events', () => {
  it('reach every listener in the turn of the fact, in the order of subscription', () => {
    const events = new DrainEvents();
    const heard: string[] = [];
    events.subscribe((event) => heard.push(`first ${event.type}`));
    events.subscribe((event) => heard.push(`second ${event.type}`));
    events.emit(started);
    expect(heard).toEqual(['first started', 'second started']);
  });

  it('of one type reach those that asked for it, in the same order', () => {
    const events = new DrainEvents();
    const heard: string[] = [];
    events.on('started', ({ trigger }) => heard.push(`first ${trigger}`));
    events.subscribe(({ type }) => heard.push(`second ${type}`));
    const remove = events.on('joined', ({ trigger }) => heard.push(`third ${trigger}`));
    events.emit(started);
    events.emit({ type: 'joined', trigger: 'wait' });
    remove();
    events.emit({ type: 'joined', trigger: 'wait' });
    expect(heard).toEqual([
      'first SIGTERM',
      'second started',
      'second joined',
      'third wait',
      'second joined',
    ]);
  });

  it('reach a listener once, however often it subscribed', () => {
    const events = new DrainEvents();
    let heard = 0;
    const listener = (): void => void (heard += 1);
    events.subscribe(listener);
    const remove = events.subscribe(listener);
    events.emit(started);
    expect(heard).toBe(1);
    remove();
    events.emit(started);
    expect(heard).toBe(1);
  });

  it('do not reach a listener that was removed', () => {
    const events = new DrainEvents();
    let heard = 0;
    const unsubscribe = events.subscribe(() => (heard += 1));
    events.emit(started);
    unsubscribe();
    events.emit(started);
    expect(heard).toBe(1);
  });

  it('come in the order of the table in docs/observability.md', async () => {
    const clock = new ManualClock();
    const drain = new Drain(resolveDrainOptions({ timeout: 10, propagationDelay: 2 }), clock);
    const told: string[] = [];
    drain.events.subscribe((event) => told.push(described(event)));
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    void drain.start('wait');
    void drain.start('SIGTERM');
    await clock.advanceAsync(2_000);
    drain.streams.admit({ kind: 'finite', route: '/late' }, new ScriptedStream());
    await clock.advanceAsync(8_000);
    expect(told).toEqual([
      ...['admitted', 'admitted', 'phaseChanged lameDuck', 'started', 'joined'],
      ...['phaseChanged draining', 'interrupted reconnect', 'released reconnect', 'refused'],
      ...['interrupted deadline', 'released cancelled', 'phaseChanged drained', 'ended'],
    ]);
  });

  it('a throwing listener harms no other listener, and its error is handed over', () => {
    const errors: unknown[] = [];
    const events = new DrainEvents((error) => errors.push(error));
    const mistake = new Error('mistake');
    let heard = 0;
    events.subscribe(() => {
      throw mistake;
    });
    events.subscribe(() => (heard += 1));
    events.emit(started);
    expect([heard, errors]).toEqual([1, [mistake]]);
  });

  it('a throwing listener needs no handler for its error', () => {
    const events = new DrainEvents();
    events.subscribe(() => {
      throw new Error('mistake');
    });
    expect(() => events.emit(started)).not.toThrow();
  });

  it('a listener that throws at every event does not change the drain', async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    const drain = new Drain(resolveDrainOptions({ timeout: 5 }), clock, (error) =>
      errors.push(error),
    );
    drain.events.subscribe((event) => {
      throw new Error(event.type);
    });
    const stream = admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    const report = await drain.start('close');
    expect(report).toMatchObject({ outcome: 'completed', activeBefore: 1, reconnect: 1 });
    expect([stream.isOpen, drain.phase]).toEqual([false, 'drained']);
    expect(errors.map((error) => (error as Error).message)).toEqual([
      'admitted',
      'phaseChanged',
      'started',
      'phaseChanged',
      'interrupted',
      'released',
      'phaseChanged',
      'ended',
    ]);
  });
});

it('a log that throws of a listener that throws does not change the drain', () => {
  const events = new DrainEvents(() => {
    throw new Error('no log');
  });
  const heard = jest.fn();
  events.on('started', () => {
    throw new Error('listener');
  });
  events.on('started', heard);
  events.emit({ type: 'started', trigger: 'test' });
  expect(heard).toHaveBeenCalledTimes(1);
});
