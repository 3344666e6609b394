import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, jest } from '@jest/globals';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from '../core/drain.js';
import type { DrainEvent } from '../core/events.js';
import { resolveDrainOptions } from '../core/options.js';
import { admitted, ScriptedStream } from '../../test/support/scripted-stream.js';
import { channels, Diagnostics, type DrainDiagnostics } from './diagnostics.js';

function setUp() {
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ timeout: 10, flushTimeout: 2 }), clock);
  new Diagnostics(drain);
  return { clock, drain };
}

describe('the diagnostics channels', () => {
  it('publish every event of the drain under its name, in its turn', async () => {
    const { clock, drain } = setUp();
    const expected: string[] = [];
    drain.events.subscribe(({ type }) => expected.push(`nestjs-drain:${type}`));
    const published: unknown[] = [];
    const types: unknown[] = [];
    const receive = (message: unknown, name: unknown) => {
      published.push(name);
      types.push(`nestjs-drain:${(message as DrainEvent).type}`);
    };
    const names = Object.values(channels).map(({ name }) => String(name));
    for (const name of names) subscribe(name, receive);

    const { handle } = admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    drain.events.emit({ type: 'resumed', stream: handle });
    void drain.start('SIGTERM');
    void drain.start('wait');
    new ScriptedStream().requestFrom(drain.streams);
    await clock.advanceAsync(12_000);

    for (const name of names) unsubscribe(name, receive);
    expect(published).toEqual(expected);
    expect(types).toEqual(expected);
    expect(new Set(published)).toEqual(new Set(names));
  });

  it('cost nothing without a subscriber: nothing is published', () => {
    const { drain } = setUp();
    const publish = jest.spyOn(channel('nestjs-drain:admitted'), 'publish');
    admitted(drain.streams);
    expect(publish).not.toHaveBeenCalled();
  });

  it('have payload types that name the channel', () => {
    const message: DrainDiagnostics['nestjs-drain:joined'] = { type: 'joined', trigger: 'wait' };
    expect(channels[message.type].name).toBe('nestjs-drain:joined');
  });
});
