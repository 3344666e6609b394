import { ConsoleLogger, forwardRef, Injectable, Logger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DRAIN } from './core/tokens.js';
import type { Drain } from './core/drain.js';
import {
  GracefulShutdownModule,
  ShutdownService,
  type GracefulShutdownOptions,
  type GracefulShutdownOptionsFactory,
} from './index.js';

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
      development: false,
    });
  });

  test.each<[string, GracefulShutdownOptions, RegExp]>([
    ['negative', { timeout: -1 }, /`timeout` is -1; set a number of seconds/],
    ['not a number', { exitTimeout: 'soon' as never }, /`exitTimeout` is "soon"; set a number/],
    ['a negative hook bound', { hookTimeout: -2 }, /`hookTimeout` is -2; set a number/],
    [
      'propagation that eats the timeout',
      { timeout: 5, propagationDelay: 5 },
      /set `timeout` above 5/,
    ],
    [
      'a sum that reaches SIGKILL',
      { timeout: 28, flushTimeout: 2, terminationGracePeriod: 30 },
      /set terminationGracePeriodSeconds to at least `timeout` \+ `flushTimeout` \+ 5, which is 35, or `timeout` to at most 23/,
    ],
    ['unknown', { timeot: 3 } as never, /`timeot` is not an option; known are .*timeout/],
    ['endless', { hookTimeout: Infinity }, /`hookTimeout` is Infinity; set a number of seconds/],
    ['a control key', { control: { tokn: 'x' } } as never, /`control.tokn` is not an option/],
    ['control: true', { control: true } as never, /`control` is true; set an object with path/],
    ['an empty token', { control: { token: '' } }, /`control.token` is ""; set a text/],
    ['a wrong port', { control: { port: 70_000 } }, /`control.port` is 70000; set a port from 0/],
    ['a health key', { health: { redy: 'x' } } as never, /`health.redy` is not an option/],
    ['a health path', { health: { liveness: true } } as never, /`health.liveness` is true; set/],
    ['signals as a text', { signals: 'SIGTERM' } as never, /set a list, such as \["SIGTERM"\]/],
    ['no signal', { signals: ['SIGFOO'] } as never, /`signals\[0\]` is "SIGFOO": it is no signal/],
    ['SIGKILL', { signals: ['SIGKILL'] }, /"SIGKILL": no process can listen to it; set names/],
    ['a word for a flag', { forceExitOnSecondSignal: 'no' } as never, /set true or false/],
    ['isGlobal', { isGlobal: 'yes' } as never, /`isGlobal` is "yes"; set true or false/],
    ['a list for one word', { signals: true } as never, /`signals` is true; set a list\.$/],
    ['no signal at all', { signals: [] }, /`signals` is \[\]; set false for no signal at all/],
    [
      'the root as a path',
      { control: { path: '/' } },
      /`control.path` is "\/"; set a path with a name/,
    ],
    [
      'a pattern',
      { control: { path: 'shut:down' } },
      /`control.path` is "shut:down"; set a path of/,
    ],
    [
      'a probe with a space',
      { health: { liveness: 'a b' } },
      /`health.liveness` is "a b"; set a path/,
    ],
    ['nobody', { control: { allow: [] } }, /`control.allow` is \[\]; set the peers that may call/],
    ['a line break', { control: { token: 'x\n' } }, /`control.token` has a space, a line break/],
    [
      'no port',
      { control: { host: '::1' } },
      /`control.host` is the address of `control.port`; set a/,
    ],
    ['no CIDR', { control: { allow: ['10.0.0.1'] } }, /`control.allow` has "10.0.0.1"; set a list/],
    [
      'a word for peers',
      { control: { allow: 'loopback' } } as never,
      /`control.allow` is "loopback"; set a list of CIDR blocks such as \["127.0.0.0\/8", "::1\/128"\] for loopback/,
    ],
    [
      'the same word in a list, beside another problem,',
      { control: { allow: ['loopback'] }, timeout: -1 },
      /`timeout` is -1.*`control.allow` has "loopback"; set a list of CIDR blocks such as/s,
    ],
  ])('%s is refused at start with the remedy', async (_, options, remedy) => {
    expect(await refused(options)).toMatch(remedy);
  });

  test.each([null, 5, 'x', []])('%j in the place of the options is refused', (options) => {
    expect(() => GracefulShutdownModule.forRoot(options as never)).toThrow(
      /The options are .*; set an object with timeout/,
    );
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

describe('forRootAsync', () => {
  const from = (options: unknown) => () =>
    compile(GracefulShutdownModule.forRootAsync({ useFactory: () => options as never }));

  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /returned undefined; return the options, or \{\} for the defaults/],
    ['a typing mistake', { timeot: 1 }, /`timeot` is not an option/],
    ['a control key', { control: { tokn: 'x' } }, /`control.tokn` is not an option/],
    ['a health key', { health: { redy: 'x' } }, /`health.redy` is not an option/],
    ['isGlobal', { isGlobal: false }, /`isGlobal` comes from the factory/],
    ['signals as a text', { signals: 'SIGTERM' }, /set a list, such as \["SIGTERM"\]/],
  ])('refuses %s from a factory', async (_, options, remedy) => {
    await expect(from(options)()).rejects.toThrow(remedy);
  });

  test.each([undefined, {}, { useFactory: 5 }, { isGlobal: false }])(
    'refuses %j, which makes no options',
    (options) => {
      expect(() => GracefulShutdownModule.forRootAsync(options as never)).toThrow(
        /forRootAsync\(\) is given nothing that makes its options: set `useFactory`, or `useClass`/,
      );
    },
  );

  @Injectable()
  class Settings implements GracefulShutdownOptionsFactory {
    createGracefulShutdownOptions() {
      return { timeout: 7 };
    }
  }
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  test.each([
    ['useClass', { useClass: Settings }],
    ['useExisting', { imports: [SettingsModule], useExisting: Settings }],
  ])('takes its options by %s', async (_, options) => {
    const module = await compile(GracefulShutdownModule.forRootAsync(options));
    expect(module.get<Drain>(DRAIN).options.timeout).toBe(7);
  });
});

test('without .forRoot() it says what to import', async () => {
  await expect(compile(GracefulShutdownModule)).rejects.toThrow(
    'import GracefulShutdownModule.forRoot() instead of GracefulShutdownModule',
  );
});

test('a time that looks like milliseconds is warned of', async () => {
  const warnings: string[] = [];
  const warn = (line: string): unknown => warnings.push(line);
  await Test.createTestingModule({
    imports: [GracefulShutdownModule.forRoot({ timeout: 30_000, flushTimeout: 2 })],
  })
    .setLogger({ log: () => undefined, error: () => undefined, warn })
    .compile();
  Logger.overrideLogger(new ConsoleLogger());
  expect(warnings).toEqual([expect.stringMatching(/`timeout` is 30000 seconds .* set 30\.$/)]);
});

describe('development', () => {
  const watcher = 'WATCH_REPORT_DEPENDENCIES';
  afterEach(() => {
    delete process.env[watcher];
    Logger.overrideLogger(new ConsoleLogger());
  });
  const start = async (options: GracefulShutdownOptions) => {
    const lines: string[] = [];
    const log = (line: string, context: string): void => {
      if (context === 'GracefulShutdown') lines.push(line);
    };
    const module = await Test.createTestingModule({
      imports: [GracefulShutdownModule.forRoot(options)],
    })
      .setLogger({ log, error: () => undefined, warn: () => undefined })
      .compile();
    return [module.get<Drain>(DRAIN).options.timeout, lines] as const;
  };
  const said = (by: string) => [
    expect.stringContaining(`Development mode (${by}): the first signal`),
  ];

  test('is on where it is asked for, and said at start', async () => {
    expect(await start({ timeout: 60, development: true })).toEqual([
      0,
      said('`development: true`'),
    ]);
  });

  test('is on where a watcher says that it started the process, unless an option says no', async () => {
    process.env[watcher] = '1';
    expect(await start({ timeout: 60 })).toEqual([0, said('node --watch')]);
    expect(await start({ timeout: 60, development: false })).toEqual([60, []]);
  });

  test('is off everywhere else', async () => {
    expect(await start({ timeout: 60 })).toEqual([60, []]);
  });
});

test('imported twice it refuses to start and says where it belongs', async () => {
  const imports = [{ timeout: 5 }, { timeout: 6 }].map((options) =>
    GracefulShutdownModule.forRoot(options),
  );
  await expect(compile(...imports)).rejects.toThrow(
    /imported twice, by RootTestModule; import it once, in the root module/,
  );
});

test('imported twice it names the modules that import it, where these are classes', async () => {
  @Module({ imports: [GracefulShutdownModule.forRoot({ timeout: 5 })] })
  class FeatureModule {}
  @Module({ imports: [forwardRef(() => FeatureModule), GracefulShutdownModule.forRoot()] })
  class RootModule {}
  await expect(compile(RootModule)).rejects.toThrow(
    /imported twice, by (RootModule and FeatureModule|FeatureModule and RootModule); import it once/,
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
