import { Controller, Get, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  adapters,
  nextEvent,
  startApplication,
  type RunningApplication,
} from '../../test/support/application.js';
import { ManualClock } from 'nestjs-drain-resume/testing';
import { drainedModule } from '../../test/support/drained-module.js';
import { providersWith } from '../compat/providers.js';
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
  constructor(private readonly shutdown: ShutdownService) {}

  @Get('waits')
  async waits(): Promise<DrainReport> {
    await Promise.resolve();
    return this.shutdown.wait();
  }

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

  test('a request that awaits the end of the drain does not hold it', async () => {
    await start();
    holdBefore = new Promise((resolve) => setTimeout(resolve, 300));
    const report = running.drain.start('test');
    const answer = await fetch(`${running.url}/waits`);
    expect(await answer.json()).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
    expect(await report).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
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

/** Throws on every touch but those of Nest itself: for its hooks, for `then`, at start for `constructor`. */
function hostile(touched: string[]): object {
  const ofNest = (key: string | symbol): boolean =>
    typeof key === 'symbol' || /^(on|before(App|Res)|then|constructor)/.test(key);
  const refuse = (trap: string, key: string | symbol = ''): never => {
    touched.push(`${trap} ${String(key)}`);
    throw new Error(`touched: ${trap} ${String(key)}`);
  };
  return new Proxy(
    {},
    {
      get: (_, key): unknown => (ofNest(key) ? undefined : refuse('get', key)),
      has: (_, key) => refuse('has', key),
      ownKeys: () => refuse('ownKeys'),
      getOwnPropertyDescriptor: (_, key) => refuse('getOwnPropertyDescriptor', key),
    },
  );
}

describe('law 7: a provider that throws when it is touched', () => {
  const answersAll: object = new Proxy({}, { get: () => () => undefined });
  const getter = {
    get afterDrain(): unknown {
      throw new Error('a getter that throws');
    },
  };

  test('takes away no hook, neither ours nor Nest’s, and is never touched', async () => {
    log = [];
    holdBefore = undefined;
    failing = false;
    const touched: string[] = [];
    const { module } = await drainedModule({
      providers: [
        { provide: 'HOSTILE', useFactory: () => hostile(touched) },
        { provide: 'GETTER', useValue: getter },
        { provide: 'PERMISSIVE', useFactory: () => ({ inner: answersAll }) },
        Registration,
      ],
    });
    await module.init();
    touched.length = 0;
    await module.close();
    expect(log).toEqual([
      'beforeDrain close while lameDuck',
      'afterDrain completed',
      'onModuleDestroy',
    ]);
    expect(touched).toEqual([]);
  });
});

describe('providersWith', () => {
  class Base {
    afterDrain(): void {
      log.push('base');
    }
  }
  class Inherits extends Base {}
  const wrapper = (instance: unknown, metatype?: unknown) => ({
    name: 'It',
    isDependencyTreeStatic: () => true,
    instance,
    metatype,
    inject: undefined,
  });
  const found = (...wrappers: object[]): number =>
    providersWith({ getProviders: () => wrappers, getControllers: () => [] } as never, 'afterDrain')
      .length;

  test('finds inherited methods, own ones, and those of a class behind a proxy', () => {
    expect(found(wrapper(new Inherits(), Inherits))).toBe(1);
    expect(found(wrapper({ afterDrain: () => undefined }))).toBe(1);
    expect(found(wrapper(new Proxy(new Base(), {}), Base))).toBe(1);
  });

  test('finds nothing in a proxy that answers to any name, and one instance once', () => {
    expect(found(wrapper(new Proxy({}, { get: () => () => undefined })))).toBe(0);
    const same = new Base();
    expect(found(wrapper(same, Base), wrapper(same, Base))).toBe(1);
  });

  test('passes over what throws', () => {
    const throwing = {
      isDependencyTreeStatic: () => true,
      get instance(): never {
        throw new Error('no');
      },
    };
    expect(found(throwing, wrapper(new Base(), Base))).toBe(1);
  });
});

test('a beforeDrain hook that awaits the end of the drain does not hold it', async () => {
  @Injectable()
  class Waits implements BeforeDrain {
    constructor(private readonly shutdown: ShutdownService) {}
    async beforeDrain(): Promise<void> {
      await Promise.resolve();
      await this.shutdown.wait();
    }
  }
  const clock = new ManualClock();
  const { module, drain } = await drainedModule({ providers: [Waits] }, { timeout: 60 }, clock);
  await module.init();
  const report = await drain.start('test');
  expect(report).toMatchObject({ outcome: 'completed', waitedSeconds: 0 });
  await module.close();
});
