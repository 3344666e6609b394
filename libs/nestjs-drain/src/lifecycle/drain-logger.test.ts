import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions, type DrainOptions } from '../core/options.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { BusyMachine } from '../../test/support/busy-machine.js';
import { admitted } from '../../test/support/scripted-stream.js';
import { DrainLogger } from './drain-logger.js';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

let lines: Line[];

const write =
  (level: string) =>
  (message: string, fields: Record<string, unknown>): void => {
    lines.push({ level, message, fields });
  };
const fakeLogger: LoggerService = {
  log: write('log'),
  warn: write('warn'),
  error: write('error'),
};

beforeEach(() => {
  lines = [];
  Logger.overrideLogger(fakeLogger);
});
afterEach(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

function setUp(options: DrainOptions = {}) {
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ timeout: 12, flushTimeout: 2, ...options }), clock);
  new DrainLogger(drain);
  return { clock, drain };
}

const messages = () => lines.map(({ message }) => message);

describe('the log of a drain', () => {
  it('has one line at its start, one every five seconds, and one at its end', async () => {
    const { clock, drain } = setUp({ propagationDelay: 1 });
    const stream = admitted(drain.streams);
    admitted(drain.streams, 'subscription', { onEnd: 'deliver' });
    drain.requests.enter(stream);
    void drain.start('SIGTERM');
    await clock.advanceAsync(2_000);
    drain.requests.leave(stream);
    await clock.advanceAsync(9_000);
    stream.close();
    await clock.advanceAsync(60_000);
    expect(messages()).toEqual([
      'Shutting down (SIGTERM): 2 streams, 1 request open, at most 12 s, new streams accepted for 1 s',
      'draining: 1 stream open (the oldest stream for 5 s, /scripted), 7 s to the deadline',
      'draining: 1 stream open (the oldest stream for 10 s, /scripted), 2 s to the deadline',
      'Drain completed after 11.0 s (SIGTERM): streams 1 completed, 1 told to reconnect',
    ]);
    expect(lines.every(({ level }) => level === 'log')).toBe(true);
  });

  it('carries its numbers as fields, for loggers that write JSON', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams);
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    const numbers = { streams: 1, requests: 0, messages: 0, tasks: 0 };
    expect(lines.map(({ fields }) => fields)).toMatchObject([
      { event: 'started', trigger: 'SIGTERM', timeout: 12, propagationDelay: 0, ...numbers },
      { event: 'progress', phase: 'draining', secondsLeft: 7, ...numbers },
      { event: 'progress', phase: 'draining', secondsLeft: 2, ...numbers },
      { event: 'ended', outcome: 'timeout', cut: 1, waitedSeconds: 14 },
      { event: 'hint', option: 'flushTimeout', value: 2, count: 1 },
    ]);
  });

  it('says after cancelled streams that `timeout` was too short, and for how old a stream', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    await clock.advanceAsync(400_000);
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    expect(lines.slice(-2)).toMatchObject([
      { level: 'warn', fields: { event: 'ended', cancelled: 2 } },
      {
        level: 'warn',
        message: expect.stringMatching(
          /^2 streams reached the deadline and got a farewell; the oldest had run 412 s \(\/scripted\)\. `timeout` \(12 s\) was too short: set it above/,
        ),
        fields: {
          option: 'timeout',
          value: 12,
          count: 2,
          longest: { route: '/scripted', age: 412 },
        },
      },
    ]);
  });

  it('says after cut streams whose farewell did not leave what each cause needs', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams);
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    expect(messages().at(-1)).toBe(
      '1 stream cut; the oldest had run 14 s (/scripted): the last bytes had not left within `flushTimeout` (2 s), ' +
        'or the connection broke before. If the clients read slowly, raise it. ' +
        'If the answers take longer than `timeout` (12 s), raise that.',
    );
  });

  it('says after streams that were cut for want of a farewell that they have none, and counts them apart', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams, 'finite', { onEnd: 'throw' });
    admitted(drain.streams);
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    const hints = lines.filter(({ fields }) => fields['event'] === 'hint');
    expect(hints.map(({ fields }) => [fields['option'], fields['count']])).toEqual([
      ['farewell', 1],
      ['flushTimeout', 1],
    ]);
    expect(hints[0]?.message).toBe(
      '1 stream cut at the deadline; the oldest had run 12 s (/scripted): no farewell could be sent, and ' +
        'without one a clean end would pass for a whole answer. ' +
        'If the answers are bytes, set `farewell` on /scripted to a text or bytes. ' +
        'If they are events that the handler writes itself, write each in one piece. ' +
        'If they take longer than `timeout` (12 s), raise it.',
    );
  });

  it('names a few routes of streams without a farewell, and counts the others', async () => {
    const { clock, drain } = setUp();
    const end = () => {
      throw new Error('no farewell');
    };
    for (const route of ['/a', '/b', '/a', '/c', '/d', '/e']) {
      drain.streams.admit({ kind: 'finite', route }, { end, destroy: () => undefined });
    }
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    expect(messages().at(-1)).toContain(
      'set `farewell` on /a, /b, /c and 2 other routes to a text',
    );
  });

  it('has no hint in development, where the developer wants no stream to hold the restart', async () => {
    const { clock, drain } = setUp({ development: true });
    admitted(drain.streams, 'finite', { onEnd: 'deliver' });
    void drain.start('SIGTERM');
    await clock.advanceAsync(2_000);
    expect(messages()).toEqual([
      'Shutting down (SIGTERM): 1 stream open, all ends now',
      'Drain reached its deadline after 0.0 s (SIGTERM): streams 1 cancelled with a farewell',
    ]);
    expect(lines.every(({ level }) => level === 'log')).toBe(true);
  });

  it('leaves out the time that is left where the drain is over', async () => {
    const { clock, drain } = setUp();
    void drain.start('wait');
    await clock.advanceAsync(0);
    void drain.start('SIGTERM');
    expect(lines.at(-1)).toEqual({
      level: 'log',
      message: 'SIGTERM joins the shutdown',
      fields: { event: 'joined', trigger: 'SIGTERM', phase: 'drained' },
    });
  });

  it('names other work that outlived the deadline', async () => {
    const { clock, drain } = setUp();
    drain.requests.enter({});
    drain.tasks.enter({});
    void drain.start('SIGTERM');
    await clock.advanceAsync(14_000);
    expect(messages().at(-1)).toMatch(
      /^Still running at the deadline: 1 request, 1 task\. `timeout` \(12 s\)/,
    );
  });

  it('has no hint where nothing was lost', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams).close();
    void drain.start('SIGTERM');
    await clock.advanceAsync(0);
    expect(lines.map(({ fields }) => fields['event'])).toEqual(['started', 'ended']);
  });

  it('says that a drain was taken back, and falls silent', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams);
    drain.start('initiate').catch(() => undefined);
    drain.reset();
    await clock.advanceAsync(60_000);
    expect(messages().slice(1)).toEqual(['The shutdown was reset: serving again']);
  });

  it('has one line for each trigger that joins', async () => {
    const { clock, drain } = setUp();
    admitted(drain.streams).close();
    drain.tasks.enter({});
    void drain.start('wait');
    await clock.advanceAsync(2_400);
    void drain.start('SIGTERM');
    expect(messages().slice(1)).toEqual(['SIGTERM joins the shutdown, 10 s to the deadline']);
    expect(lines.at(-1)?.fields).toEqual({
      event: 'joined',
      trigger: 'SIGTERM',
      phase: 'draining',
      secondsLeft: 10,
    });
  });
});

describe('thousands of open streams', () => {
  const openMany = (drain: Drain, count = 10_000): void => {
    for (let index = 0; index < count; index += 1) admitted(drain.streams);
  };
  const outlook = () => lines.filter(({ fields }) => fields['event'] === 'outlook');

  it('are announced when the draining begins, with the time that their farewells take', () => {
    const { drain } = setUp({ timeout: 60 });
    openMany(drain);
    void drain.start('SIGTERM');
    expect(outlook()).toEqual([
      {
        level: 'log',
        message:
          '10000 streams are open. To end them all may take 10.0 s, so their farewells begin 8.8 s before the ' +
          'deadline, if they are still open then',
        fields: { event: 'outlook', streams: 10_000, seconds: 10, lead: 8.75 },
      },
    ]);
  });

  it('come with a warning, and the grace period that they need, where the time is too short', () => {
    const { drain } = setUp({ timeout: 2 });
    openMany(drain);
    void drain.start('SIGTERM');
    expect(outlook()).toMatchObject([{ level: 'warn', fields: { neededGracePeriod: 23 } }]);
    expect(outlook()[0]?.message).toMatch(/to at least 23, or run more replicas/);
  });

  it('are not announced where the deadline is early enough', () => {
    const { drain } = setUp({ timeout: 60 });
    openMany(drain, 1_250);
    void drain.start('SIGTERM');
    expect(outlook()).toEqual([]);
  });

  it('that could not be told are named apart from those whose clients had stopped reading', async () => {
    const clock = new BusyMachine();
    const drain = new Drain(resolveDrainOptions({ timeout: 10 }), clock);
    new DrainLogger(drain);
    const tellFor = (ms: number) => ({ end: () => clock.work(ms), destroy: () => undefined });
    for (let index = 0; index < 10; index += 1)
      drain.streams.admit({ kind: 'finite', route: '/slow' }, tellFor(1_000));
    void drain.start('SIGTERM');
    await clock.runAll();
    const hints = lines.filter(({ fields }) => fields['event'] === 'hint');
    expect(hints.map(({ fields }) => [fields['option'], fields['count']])).toEqual([
      ['flushTimeout', 5],
      ['terminationGracePeriod', 5],
    ]);
    expect(hints[1]?.message).toMatch(/^5 streams cut before the drain came to them; the oldest/);
  });
});
