import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { ManualClock } from 'nestjs-drain-resume/testing';
import {
  type ConnectableObservable,
  filter,
  map,
  type Observable,
  publish,
  refCount,
  take,
} from 'rxjs';
import { Drain } from '../core/drain.js';
import { resolveDrainOptions } from '../core/options.js';
import { ShutdownService } from './shutdown.service.js';

let lines: string[];
const write = (line: string): unknown => lines.push(line);
const logger: LoggerService = { log: write, warn: write, error: write };
beforeEach(() => {
  lines = [];
  Logger.overrideLogger(logger);
});
afterEach(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

function setUp() {
  const clock = new ManualClock();
  const drain = new Drain(resolveDrainOptions({ timeout: 10 }), clock);
  return { clock, drain, shutdown: new ShutdownService(drain) };
}

const fails = (): never => {
  throw new Error('a subscriber that throws');
};

const typeOf = ({ type }: { type: string }): string => type;

const throwsNoText = (): never => {
  throw Object.create(null) as Error;
};

/** The operators that rxjs has replaced, and whose Observables copy parts of their source. */
const connected = <T>(events: Observable<T>): Observable<T> => {
  const connectable = events.pipe(publish()) as ConnectableObservable<T>;
  connectable.connect();
  return connectable;
};
const counted = <T>(events: Observable<T>): Observable<T> => events.pipe(publish(), refCount());

describe('law 7: a subscriber of events that throws', () => {
  type Events = ShutdownService['events'];
  test.each<[string, (events: Events) => unknown]>([
    ['as a function', (events) => events.subscribe(fails)],
    ['as an observer', (events) => events.subscribe({ next: fails })],
    ['behind operators', (events) => events.pipe(map(({ type }) => type)).subscribe(fails)],
    ['in an operator', (events) => events.pipe(filter(fails)).subscribe()],
    ['a value without a text', (events) => events.subscribe(throwsNoText)],
    ['behind a connectable', (events) => connected(events).pipe(map(typeOf)).subscribe(fails)],
    ['that is counted', (events) => counted(events).subscribe(fails)],
    ['in its error', (events) => events.pipe(filter(fails)).subscribe({ error: fails })],
  ])('%s harms neither the process nor the others', async (_, subscribe) => {
    const { drain, shutdown } = setUp();
    const uncaught = jest.fn();
    process.on('uncaughtException', uncaught);
    const seen: string[] = [];
    subscribe(shutdown.events);
    shutdown.events.subscribe(({ type }) => seen.push(type));
    await drain.start('test');
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    expect(seen).toContain('ended');
    expect(lines[0]).toMatch(
      /subscriber of ShutdownService\.events threw.*Catch the error where it/,
    );
  });

  test('is logged with its stack the first time, whatever another subscriber throws', async () => {
    const { drain, shutdown } = setUp();
    const stacks: string[] = [];
    Logger.overrideLogger({ ...logger, error: (_: string, stack: string) => stacks.push(stack) });
    const throwsAs = (name: string) => (): never => {
      throw new Error(name);
    };
    shutdown.events.subscribe(throwsAs('first'));
    shutdown.events.subscribe(() => Promise.reject(new Error('second')) as never);
    shutdown.events.pipe(filter(throwsAs('operator'))).subscribe(throwsAs('third'));
    await drain.start('test');
    expect(stacks.map((stack) => stack.split('\n')[0])).toEqual([
      'Error: first',
      'Error: operator',
      'Error: second',
    ]);
    expect(stacks[0]).toContain('\n    at ');
  });

  test('ends nothing where the logger fails too', async () => {
    const { drain, shutdown } = setUp();
    const error = jest.fn(() => fails());
    Logger.overrideLogger({ ...logger, error });
    shutdown.events.subscribe(fails);
    shutdown.events.subscribe(() => Promise.reject(new Error('later')) as never);
    expect(await drain.start('test')).toMatchObject({ outcome: 'completed' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(error).toHaveBeenCalledTimes(2);
  });

  test('hides no error of an operator that comes after its own', async () => {
    const { drain, shutdown } = setUp();
    const failsAtEnd = map(({ type }: { type: string }) => (type === 'ended' ? fails() : type));
    shutdown.events.pipe(failsAtEnd).subscribe(fails);
    await drain.start('test');
    expect(lines.filter((line) => line.startsWith('A subscriber'))).toHaveLength(2);
  });
});

test('events are given to callbacks one by one, as rxjs does for what still subscribes so', async () => {
  const { drain, shutdown } = setUp();
  const calls: unknown[] = [];
  const call = (name: string) => (): unknown => calls.push(name);
  const { events } = shutdown;
  events.pipe(take(1)).subscribe(call('next'), null, call('completed'));
  events.pipe(filter(fails)).subscribe(null, call('failed'));
  await drain.start('test');
  expect(calls).toEqual(['next', 'completed', 'failed']);
  expect(lines).not.toContainEqual(expect.stringContaining('subscriber of ShutdownService.events'));
});

describe('track()', () => {
  test.each<[string, () => unknown]>([
    ['a value', () => 5],
    ['a promise', () => Promise.resolve(5)],
    ['a thenable', () => ({ then: (resolve: (value: number) => void) => resolve(5) })],
  ])('resolves with %s, and does not hold the drain after it', async (_, work) => {
    const { drain, shutdown } = setUp();
    expect(await shutdown.track(work as () => number)).toBe(5);
    expect(await drain.start('test')).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  test.each<[string, (shutdown: ShutdownService) => Promise<unknown>]>([
    ['throws', (shutdown) => shutdown.track(fails)],
    ['rejects', (shutdown) => shutdown.track(() => Promise.reject(new Error('no')))],
    ['has rejected', (shutdown) => shutdown.track(Promise.reject(new Error('no')))],
  ])('rejects when the work %s, and does not hold the drain', async (_, track) => {
    const { drain, shutdown } = setUp();
    await expect(track(shutdown)).rejects.toThrow();
    expect(await drain.start('test')).toMatchObject({ outcome: 'completed', unfinished: {} });
  });

  test('leaves nothing on the signal of the deadline', async () => {
    const { drain, shutdown } = setUp();
    for (let run = 0; run < 100; run += 1) {
      await shutdown.track((deadline) => deadline.addEventListener('abort', () => undefined));
    }
    expect(getEventListeners(drain.expired, 'abort')).toHaveLength(1);
  });
});

describe('work that awaits the end of the drain', () => {
  test.each(['drain', 'wait'] as const)(
    'is not waited for, and is named: %s() in track()',
    async (method) => {
      const { drain, shutdown } = setUp();
      const work = shutdown.track(() => shutdown[method]());
      const report = await drain.start('test');
      expect(report).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
      expect(await work).toBe(report);
      expect(lines).toEqual([expect.stringMatching(/track\(\) calls ShutdownService\.\w+\(\)/)]);
    },
  );

  test('is known behind an await, once the shutdown has begun', async () => {
    const { drain, shutdown } = setUp();
    const other = shutdown.track(() => new Promise((resolve) => setTimeout(resolve, 20)));
    const report = drain.start('test');
    const work = shutdown.track(async () => {
      await Promise.resolve();
      return shutdown.wait();
    });
    await other;
    expect(await report).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
    expect(await work).toBe(await report);
  });

  test('is other work’s business only where it is called from it', async () => {
    const { clock, drain, shutdown } = setUp();
    void shutdown.track(() => new Promise(() => undefined));
    const report = shutdown.drain();
    await clock.advanceAsync(9_999);
    expect(drain.phase).toBe('draining');
    await clock.advanceAsync(2_001);
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: { tasks: 1 } });
  });
});
