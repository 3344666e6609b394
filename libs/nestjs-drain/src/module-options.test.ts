import type { DynamicModule, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, test } from '@jest/globals';
import { MemoryResumeStore } from 'nestjs-drain-resume';
import { DrainGraphQLModule } from './graphql/index.js';
import { DrainGrpcModule } from './grpc/index.js';
import { DrainMetricsModule } from './metrics/index.js';
import { DrainableStream, GracefulShutdownModule } from './index.js';
import { DrainMicroserviceModule } from './microservice/index.js';
import { DrainOpenTelemetryModule } from './opentelemetry/index.js';
import { DrainQueueModule } from './queue/index.js';
import { DrainResumeModule, type DrainResumeOptions } from './resume/index.js';
import { describeRoute } from './streams/stream-route.js';
import { DrainWebSocketModule } from './websocket/index.js';

class Controller {
  handler(): void {}
}
const declare = (declared: object) => () =>
  describeRoute(Controller, 'handler', () => undefined, declared);

describe('options that cannot work are refused with the remedy', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'websocket',
      () => DrainWebSocketModule.forRoot({ closeCod: 1 } as object),
      /`closeCod` is not/,
    ],
    [
      'websocket',
      () => DrainWebSocketModule.forRoot({ closeCode: 5 as never }),
      /set 1001 or 1012/,
    ],
    [
      'grpc',
      () => DrainGrpcModule.forRoot({ healht: true } as object),
      /`healht` is not an option/,
    ],
    ['graphql', () => DrainGraphQLModule.forRoot({ finite: 'job' as never }), /set a list/],
    ['metrics', () => DrainMetricsModule.forRoot({ pth: 'x' } as object), /`pth` is not an option/],
    [
      'metrics',
      () => DrainMetricsModule.forRoot({ prefix: 'a b' }),
      /`prefix` is "a b"; set letters/,
    ],
    ['metrics', () => DrainMetricsModule.forRoot({ path: '' }), /`path` is ""; set a path/],
    ['metrics', () => DrainMetricsModule.forRoot({ path: 'a b' }), /`path` is "a b"; set a path/],
    ['telemetry', () => DrainOpenTelemetryModule.forRoot({ flush: {} as never }), /set a list/],
  ])('%s', (_, open, message) => {
    expect(open).toThrow(message);
  });

  test.each<[object, RegExp]>([
    [{ kinds: 'finite' }, /@DrainableStream\(\) on Controller\.handler\(\).*\n.*`kinds` is not/],
    [{ kind: 'subscripton' }, /`kind` is "subscripton"; set "finite" or "subscription"/],
    [
      { farewell: 5 },
      /`farewell` is 5; set "handler", a text or a Uint8Array that is not empty, or a function, or an object with data/,
    ],
    [
      { farewell: { dat: 1 } },
      /:\n {2}- `farewell.dat` is not an option; known are data, .*\n.*`farewell.data` is undefined; set a text/,
    ],
    [{ farewell: '' }, /`farewell` is ""; set "handler", a text or a Uint8Array that is not empty/],
    [{ farewell: new Uint8Array(0) }, /`farewell.* set a text/],
    [{ farewell: { type: 'bye' } }, /`farewell.data` is undefined; set a text, or what JSON/],
    [{ farewell: { data: () => 1 } }, /`farewell.data` is .*; set a text, or what JSON can write/],
    [{ farewell: { data: 1n } }, /`farewell.data` is .*; set a text, or what JSON can write/],
    [{ existing: 'yes' }, /`existing` is "yes"; set true or false, or a function\./],
    [{ heartbeat: 15_000 }, /`heartbeat` is 15000; set a whole number of seconds from 1 to 3600/],
    [{ heartbeat: true }, /`heartbeat` is true; set a whole number of seconds/],
    [{ id: 'x' }, /`id` is "x"; set a function/],
    [
      { resumable: 'yes' },
      /`resumable` is "yes"; set true or false or "handler", or an object with background/,
    ],
    [{ resumable: { grase: 1 } }, /`resumable.grase` is not an option/],
    [{ resumable: { grace: -1 } }, /`resumable.grace` is -1; set a number of seconds/],
    [{ resumable: { grace: Infinity } }, /`resumable.grace` is Infinity/],
    [{ resumable: { principal: 'x' } }, /`resumable.principal` is "x"; set a function/],
  ])('@DrainableStream(%p)', (declared, message) => {
    expect(declare(declared)).toThrow(message);
  });
});

test.each([null, 'x', 5])('@DrainableStream(%j) is refused where it stands', (options) => {
  expect(() => DrainableStream(options as never)).toThrow(
    /is given .*; give it an object, such as/,
  );
});

const start = (...imports: (Type | DynamicModule)[]) =>
  Test.createTestingModule({ imports }).compile();
const root = () => GracefulShutdownModule.forRoot({ signals: false });
const store = () => new MemoryResumeStore();

const entries: [string, Type, () => DynamicModule][] = [
  ['DrainGraphQLModule', DrainGraphQLModule, () => DrainGraphQLModule.forRoot()],
  ['DrainGrpcModule', DrainGrpcModule, () => DrainGrpcModule.forRoot()],
  ['DrainMetricsModule', DrainMetricsModule, () => DrainMetricsModule.forRoot()],
  ['DrainMicroserviceModule', DrainMicroserviceModule, () => DrainMicroserviceModule.forRoot()],
  ['DrainOpenTelemetryModule', DrainOpenTelemetryModule, () => DrainOpenTelemetryModule.forRoot()],
  ['DrainQueueModule', DrainQueueModule, () => DrainQueueModule.forRoot()],
  ['DrainResumeModule', DrainResumeModule, () => DrainResumeModule.forRoot({ store: store() })],
  ['DrainWebSocketModule', DrainWebSocketModule, () => DrainWebSocketModule.forRoot()],
];

test.each(entries)('%s without the root module says what to import', async (name, _, entry) => {
  await expect(start(entry())).rejects.toThrow(
    new RegExp(
      `Drain: import GracefulShutdownModule\\.forRoot\\(\\)\\) at index .* ${name} module`,
    ),
  );
});

/** Those that do all their work without options. */
const complete = ['DrainGrpcModule', 'DrainMicroserviceModule', 'DrainWebSocketModule'];

test.each(entries.filter(([name]) => name !== 'DrainGraphQLModule'))(
  '%s without forRoot() does its work, or refuses to start',
  async (name, entry) => {
    const started = start(root(), entry);
    if (complete.includes(name)) await (await started).close();
    else await expect(started).rejects.toThrow(`import ${name}.forRoot() instead of ${name}`);
  },
);

test('DrainGraphQLModule without GraphQL says what to import', async () => {
  const module = await start(root(), DrainGraphQLModule);
  const application = module.createNestApplication({ logger: false });
  await expect(application.init()).rejects.toThrow('import GraphQLModule.forRoot() too');
});

describe('DrainResumeModule refuses what cannot work, with the remedy', () => {
  test.each<[object | null, RegExp]>([
    [null, /The options are null; set an object with store/],
    [{}, /`store` is missing; set a RedisResumeStore/],
    [{ store: {} }, /`store` is an object; set a RedisResumeStore of/],
    [
      { store: store(), codec: {} },
      /`codec` is an object; set an object with encode\(\) and decode/,
    ],
    [{ store: store(), readiness: 'yes' }, /`readiness` is "yes"; set true or false/],
    [{ store: store(), handOff: 'soon' }, /`handOff` is "soon"; set "deadline" or "eager"/],
    [{ store: store(), owner: '' }, /`owner` is ""; set a text that is not empty/],
    [{ store: store(), lease: 'x' }, /`lease` is x; set a number above 0/],
  ])('%j', async (options, message) => {
    const given = options as DrainResumeOptions;
    await expect(start(root(), DrainResumeModule.forRoot(given))).rejects.toThrow(message);
    const useFactory = () => given;
    const async = DrainResumeModule.forRootAsync({ useFactory });
    await expect(start(root(), async)).rejects.toThrow(message);
  });

  test('forRootAsync() without a factory', () => {
    expect(() => DrainResumeModule.forRootAsync({} as never)).toThrow(
      'DrainResumeModule.forRootAsync() is given nothing that makes its options: set `useFactory`.',
    );
  });
});
