import { Controller, Get, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { ShutdownService, type AfterDrain, type BeforeDrain, type DrainReport } from '../index.js';

let log: string[];
let holdBefore: Promise<void> | undefined;
let failing: boolean;

@Injectable()
class Registration implements BeforeDrain, AfterDrain, OnModuleDestroy {
  constructor(private readonly shutdown: ShutdownService) {}

  async beforeDrain(trigger: string): Promise<void> {
    log.push(`beforeDrain ${trigger} while ${this.shutdown.phase}`);
    await holdBefore;
  }

  afterDrain(report: DrainReport): void {
    log.push(`afterDrain ${report.outcome}`);
    if (failing) throw new Error('a hook that fails');
  }

  onModuleDestroy(): void {
    log.push('onModuleDestroy');
  }
}

@Controller()
class RootController {
  @Get()
  hello(): string {
    return 'hello';
  }
}

describe.each(adapters)('the lifecycle on %s', (adapter) => {
  let running: RunningApplication;

  const start = async (): Promise<void> => {
    log = [];
    holdBefore = undefined;
    failing = false;
    running = await startApplication(adapter, {
      controllers: [RootController],
      providers: [Registration],
      options: { timeout: 60, hookTimeout: 5 },
    });
  };

  afterEach(() => running.close());

  test('app.close() drains first, then runs afterDrain, then Nest destroys modules (law 6)', async () => {
    await start();
    await running.close();
    expect(log).toEqual([
      'beforeDrain close while lameDuck',
      'afterDrain completed',
      'onModuleDestroy',
    ]);
  });

  test('while the drain waits for a hook, readiness is 503 and liveness and routes answer', async () => {
    await start();
    let release = (): void => undefined;
    holdBefore = new Promise((resolve) => (release = resolve));
    const closing = running.application.close();
    await nextEvent(running.drain, 'phaseChanged');
    const statuses = ['ready', 'health', ''].map(
      async (path) => (await fetch(`${running.url}/${path}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([503, 200, 200]);
    expect(log).not.toContain('onModuleDestroy');
    release();
    await closing;
    expect(log.at(-1)).toBe('onModuleDestroy');
  });

  test('a hung hook holds the drain for its own bound and no longer', async () => {
    await start();
    holdBefore = new Promise(() => undefined);
    const report = running.drain.start('test');
    await running.clock.advanceAsync(5_000);
    expect(await report).toMatchObject({ outcome: 'completed', waitedSeconds: 5 });
  });

  test('a hook that throws is logged and the shutdown goes on', async () => {
    await start();
    failing = true;
    await running.close();
    expect(log.at(-1)).toBe('onModuleDestroy');
  });

  test('tracked work is waited for; its signal aborts at the deadline', async () => {
    await start();
    const service = running.application.get(ShutdownService);
    const drain = running.application.get<Drain>(DRAIN);
    const work = service.track(
      (deadline) =>
        new Promise<string>((resolve) => {
          deadline.addEventListener('abort', () => resolve('stopped in time'));
        }),
    );
    const report = service.drain();
    // The beforeDrain hook is tracked work too, until it has returned.
    await new Promise(setImmediate);
    expect(service.snapshot()).toMatchObject({
      phase: 'draining',
      runningTasks: 1,
      secondsLeft: 60,
    });
    running.clock.advance(60_000);
    expect(await work).toBe('stopped in time');
    expect(await report).toMatchObject({ outcome: 'timeout', unfinished: {} });
    expect(drain.phase).toBe('drained');
  });

  test('reset takes a shutdown back while nothing was closed', async () => {
    await start();
    const service = running.application.get(ShutdownService);
    service.initiate();
    expect((await fetch(`${running.url}/ready`)).status).toBe(503);
    service.reset();
    const ready = await fetch(`${running.url}/ready`);
    expect(ready.status).toBe(200);
    expect(ready.headers.get('connection')).not.toBe('close');
  });

  test('observers see the facts in order', async () => {
    await start();
    const service = running.application.get(ShutdownService);
    const seen: string[] = [];
    service.events.subscribe((event) => seen.push(event.type));
    await service.drain();
    await service.drain();
    expect(seen).toEqual([
      'phaseChanged',
      'started',
      'phaseChanged',
      'phaseChanged',
      'ended',
      'joined',
    ]);
  });
});
