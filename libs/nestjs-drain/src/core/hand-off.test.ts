import { describe, expect, test } from '@jest/globals';
import { admitted } from '../../test/support/scripted-stream.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { Drain } from './drain.js';
import { resolveDrainOptions } from './options.js';
import type { HandOffTime } from 'nestjs-drain-resume';

function start() {
  const clock = new ManualClock();
  const options = { timeout: 10, propagationDelay: 2, flushTimeout: 1 };
  const drain = new Drain(resolveDrainOptions(options), clock);
  const stream = (when: HandOffTime) => {
    const scripted = admitted(drain.streams);
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    scripted.handle.handOffBy({ when, release: () => released });
    return { scripted, release };
  };
  return { clock, drain, stream };
}

describe('a stream that another replica can go on with', () => {
  test('is released at the deadline, and destroyed only then, without a farewell', async () => {
    const { clock, drain, stream } = start();
    const { scripted, release } = stream('deadline');
    const report = drain.start('test');
    await clock.advanceAsync(9_999);
    expect(scripted.handle.endedFor).toBeUndefined();
    await clock.advanceAsync(1);
    expect(scripted).toMatchObject({ ends: [], destroys: 0 });
    expect(scripted.handle.signal.aborted).toBe(false);
    release();
    expect(await report).toMatchObject({ handedOff: 1, cancelled: 0, cut: 0 });
    expect(scripted).toMatchObject({ ends: [], destroys: 1 });
    expect(scripted.handle.signal.reason).toMatchObject({ cause: 'handedOff' });
  });

  test('is handed off as soon as the drain refuses new streams if it is eager', async () => {
    const { clock, drain, stream } = start();
    const eager = stream('eager');
    const patient = stream('deadline');
    const report = drain.start('test');
    expect(eager.scripted.handle.endedFor).toBeUndefined();
    await clock.advanceAsync(2_000);
    expect(eager.scripted.handle.endedFor).toBe('handedOff');
    expect(patient.scripted.handle.endedFor).toBeUndefined();
    eager.release();
    patient.scripted.close();
    expect(await report).toMatchObject({ outcome: 'completed', handedOff: 1, completed: 1 });
  });

  test('counts as handed off although its store did not answer in time: its lease lapses', async () => {
    const { clock, drain, stream } = start();
    const { scripted } = stream('deadline');
    const report = drain.start('test');
    await clock.advanceAsync(11_000);
    expect(await report).toMatchObject({ outcome: 'timeout', handedOff: 1, cut: 0 });
    expect(scripted.destroys).toBe(1);
  });
});
