import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, test } from '@jest/globals';
import { DRAIN } from './core/tokens.js';
import type { Drain } from './core/drain.js';
import { GracefulShutdownModule, ShutdownService, type GracefulShutdownOptions } from './index.js';

const compile = (...imports: Parameters<typeof Test.createTestingModule>[0]['imports'] & object) =>
  Test.createTestingModule({ imports }).compile();

const refused = async (options: GracefulShutdownOptions): Promise<string> => {
  const error: unknown = await compile(GracefulShutdownModule.forRoot(options)).then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  );
  return (error as Error).message;
};

describe('options', () => {
  test('defaults are those of the documentation', async () => {
    const module = await compile(GracefulShutdownModule.forRoot());
    expect(module.get<Drain>(DRAIN).options).toEqual({
      timeout: 300,
      propagationDelay: 0,
      flushTimeout: 2,
      retryAfter: 1,
      waves: { size: 50, interval: 0.0025 },
      terminationGracePeriod: undefined,
    });
  });

  test.each<[string, GracefulShutdownOptions, RegExp]>([
    ['negative', { timeout: -1 }, /`timeout` is -1; set a number of seconds/],
    ['not a number', { exitTimeout: 'soon' as never }, /`exitTimeout` is soon; set a number/],
    ['a negative hook bound', { hookTimeout: -2 }, /`hookTimeout` is -2; set a number/],
    [
      'propagation that eats the timeout',
      { timeout: 5, propagationDelay: 5 },
      /set `timeout` above 5/,
    ],
    [
      'a sum that reaches SIGKILL',
      { timeout: 28, flushTimeout: 2, terminationGracePeriod: 30 },
      /set terminationGracePeriodSeconds to at least 35, or `timeout` below 28/,
    ],
    ['unknown', { timeot: 3 } as never, /`timeot` is not an option; known are .*timeout/],
    ['no CIDR', { control: { allow: ['10.0.0.1'] } }, /`control.allow` has "10.0.0.1"; set CIDR/],
  ])('%s is refused at start with the remedy', async (_, options, remedy) => {
    expect(await refused(options)).toMatch(remedy);
  });

  test('all problems are told at once', async () => {
    const message = await refused({ timeout: -1, flushTimeout: NaN, waves: { size: 0 } });
    expect(message.match(/^ {2}- /gm)).toHaveLength(3);
  });
});

test('forRootAsync takes its options from a factory with injected dependencies', async () => {
  @Module({ providers: [{ provide: 'SECONDS', useValue: 7 }], exports: ['SECONDS'] })
  class ConfigurationModule {}

  const module = await compile(
    GracefulShutdownModule.forRootAsync({
      imports: [ConfigurationModule],
      inject: ['SECONDS'],
      useFactory: (timeout: number) => Promise.resolve({ timeout, control: { token: 'secret' } }),
    }),
  );
  expect(module.get<Drain>(DRAIN).options.timeout).toBe(7);
});

test('imported twice it refuses to start and says where it belongs', async () => {
  const imports = [{ timeout: 5 }, { timeout: 6 }].map((options) =>
    GracefulShutdownModule.forRoot(options),
  );
  await expect(compile(...imports)).rejects.toThrow(
    /imported twice.*import it once, in the root module/s,
  );
});

test('other modules find ShutdownService without importing it, unless it is not global', async () => {
  @Module({
    providers: [
      { provide: 'USER', inject: [ShutdownService], useFactory: (service: unknown) => service },
    ],
  })
  class FeatureModule {}

  const module = await compile(GracefulShutdownModule.forRoot(), FeatureModule);
  expect(module.get('USER', { strict: false })).toBeInstanceOf(ShutdownService);
  await expect(
    compile(GracefulShutdownModule.forRoot({ isGlobal: false }), FeatureModule),
  ).rejects.toThrow(/ShutdownService/);
});
