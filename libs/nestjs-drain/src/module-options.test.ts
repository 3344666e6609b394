import { describe, expect, test } from '@jest/globals';
import { DrainGraphQLModule } from './graphql/index.js';
import { DrainGrpcModule } from './grpc/index.js';
import { DrainMetricsModule } from './metrics/index.js';
import { DrainOpenTelemetryModule } from './opentelemetry/index.js';
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
    ['metrics', () => DrainMetricsModule.forRoot({ path: '' }), /set a text that is not empty/],
    ['telemetry', () => DrainOpenTelemetryModule.forRoot({ flush: {} as never }), /set a list/],
  ])('%s', (_, open, message) => {
    expect(open).toThrow(message);
  });

  test.each<[object, RegExp]>([
    [{ kinds: 'finite' }, /@DrainableStream\(\) on Controller\.handler\(\).*\n.*`kinds` is not/],
    [{ kind: 'subscripton' }, /`kind` is "subscripton"; set "finite" or "subscription"/],
    [{ farewell: 5 }, /`farewell` is 5; set an object with data/],
    [{ heartbeat: 15_000 }, /`heartbeat` is 15000; set a whole number of seconds from 1 to 3600/],
    [{ heartbeat: true }, /`heartbeat` is true; set a whole number of seconds/],
    [{ id: 'x' }, /`id` is "x"; set a function/],
    [{ resumable: 'yes' }, /`resumable` is "yes"; set an object with background/],
    [{ resumable: { grase: 1 } }, /`resumable.grase` is not an option/],
    [{ resumable: { grace: -1 } }, /`resumable.grace` is -1; set a number of seconds/],
    [{ resumable: { grace: Infinity } }, /`resumable.grace` is Infinity/],
    [{ resumable: { principal: 'x' } }, /`resumable.principal` is "x"; set a function/],
  ])('@DrainableStream(%j)', (declared, message) => {
    expect(declare(declared)).toThrow(message);
  });
});
