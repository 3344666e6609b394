import {
  Controller,
  Get,
  Logger,
  type MessageEvent,
  Module,
  RequestMethod,
  Scope,
  Sse,
} from '@nestjs/common';
import { type Observable, of } from 'rxjs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { startApplication } from '../../test/support/application.js';
import { DrainableStream, Management } from '../index.js';

afterEach(() => void jest.restoreAllMocks());

async function warningsOf(parts: Parameters<typeof startApplication>[1]): Promise<string[]> {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const running = await startApplication('express', parts);
  await running.close();
  return warn.mock.calls.map(([line]) => String(line)).filter((line) => / stream /.test(line));
}

class Base {
  @Sse('inherited')
  inherited(): Observable<MessageEvent> {
    return of();
  }

  @Sse('overridden')
  @DrainableStream()
  overridden(): Observable<MessageEvent> {
    return of();
  }

  @Sse('kept')
  @DrainableStream()
  kept(): Observable<MessageEvent> {
    return of();
  }
}

@Controller('derived')
class Derived extends Base {
  @Sse('overridden')
  override overridden(): Observable<MessageEvent> {
    return of();
  }

  @Get('plain')
  plain(): string {
    return 'plain';
  }

  @Get('generated')
  async *generated(): AsyncGenerator<string> {
    yield await Promise.resolve('generated');
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class Scoped {
  @Sse('asked', { method: RequestMethod.POST })
  asked(): Observable<MessageEvent> {
    return of();
  }
}

@DrainableStream()
@Controller('declared')
class Declared extends Base {}

@Management()
@Controller('operators')
class Operators extends Base {}

@Module({ controllers: [Scoped] })
class Feature {}

test('the start names the routes that stream without @DrainableStream(), once and with the remedy', async () => {
  const [line = '', ...others] = await warningsOf({
    imports: [Feature],
    controllers: [Derived, Scoped, Declared, Operators],
  });
  expect(others).toEqual([]);
  expect(line).not.toContain('\n');
  const [, routes = ''] =
    /^Routes that stream without @DrainableStream\(\): (.*?)\. /.exec(line) ?? [];
  expect(routes.split(', ').sort()).toEqual([
    'Derived.generated() (GET /derived/generated)',
    'Derived.inherited() (GET /derived/inherited)',
    'Derived.overridden() (GET /derived/overridden)',
    'Scoped.asked() (POST /scoped/asked)',
  ]);
  expect(line).toMatch(/Put @DrainableStream\(\) on these routes, .*kind: 'subscription'/);
});

test('the start is silent where all routes that stream are decorated', async () => {
  expect(await warningsOf({ controllers: [Declared] })).toEqual([]);
});
