import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type Type,
} from '@nestjs/common';
import { afterEach, expect, jest, test } from '@jest/globals';
import { startApplication } from '../../test/support/application.js';
import { ApplicationSignals } from './application-signals.js';

@Injectable()
class Pool implements OnModuleDestroy, OnApplicationShutdown {
  onModuleDestroy(): void {}
  onApplicationShutdown(): void {}
}
@Injectable()
class Registration implements BeforeApplicationShutdown {
  beforeApplicationShutdown(): void {}
}
@Injectable()
class Cache implements OnModuleDestroy {
  onModuleDestroy(): void {}
}
@Injectable()
class Exporter implements OnApplicationShutdown {
  onApplicationShutdown(): void {}
}

const listeners: (() => void)[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const listener of listeners.splice(0)) process.off('SIGUSR2', listener);
});

/** The lines of an application whose drain a signal has ended. */
async function linesOf(providers: Type[], prepare?: () => void): Promise<string[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const { application, clock, ...running } = await startApplication('express', {
    providers,
    options: { signals: ['SIGUSR2'] },
  });
  prepare?.();
  const signals = application.get(ApplicationSignals);
  const left = signals.leave('SIGUSR2');
  await clock.advanceAsync(400_000);
  expect(await left).toBe(true);
  await running.close();
  return warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('hooks'));
}

test('after a signal the log names the shutdown hooks that nothing runs, and the remedy', async () => {
  expect(await linesOf([Pool])).toEqual([
    'Nest does not run the shutdown hooks of Pool, because nothing closes the application: call ' +
      '`app.enableShutdownHooks()` in main.ts.',
  ]);
  const line = (await linesOf([Pool, Registration, Cache, Exporter])).at(-1);
  expect(line).toMatch(/hooks of (\w+, ){2}\w+ and 1 more, because/);
});

test('it is silent without such hooks, and where another listener may close the application', async () => {
  expect(await linesOf([])).toEqual([]);
  const listener = (): void => undefined;
  listeners.push(listener);
  expect(await linesOf([Pool], () => process.on('SIGUSR2', listener))).toEqual([]);
});
