import { Controller, Get, Post } from '@nestjs/common';
import { describe, expect, test } from '@jest/globals';
import { literalHead, observeRoutes, ownerByPath } from './route-registration.js';

@Controller()
class HealthController {
  @Get('health')
  check(): void {}
}

@Controller(['orders', 'baskets'])
class OrdersController {
  @Get('health')
  health(): void {}

  @Post(':id/pay')
  pay(): void {}
}

describe('routes that Nest registers', () => {
  test.each([
    ['/health', 'HealthController.check'],
    ['/api/v1/health', 'HealthController.check'],
    ['/api/orders/health', 'OrdersController.health'],
    ['/baskets/health', 'OrdersController.health'],
    ['/orders/:id/pay', 'OrdersController.pay'],
    ['/unhealth', undefined],
    ['/somewhere', undefined],
  ])('%s belongs to %s, by the longest end of its path', (path, owner) =>
    expect(ownerByPath([HealthController, OrdersController], { path })).toBe(owner),
  );

  test.each([
    ['/api/watch/:what', '/api/watch'],
    ['/files/*path', '/files'],
    ['/about{/:page}', ''],
    ['/plain/', '/plain'],
    ['/:all', ''],
  ])('%s begins literally with %s', (path, head) => expect(literalHead(path)).toBe(head));

  test('are seen with their method and owner, and may be given another handler', () => {
    const registered: unknown[] = [];
    const adapter = {
      get: (...args: unknown[]) => registered.push(args),
      use: (...args: unknown[]) => registered.push(args),
    };
    const seen: unknown[] = [];
    const replaced = (): void => undefined;
    observeRoutes(adapter, (route) => {
      seen.push(route);
      return replaced;
    });
    const handler = Object.defineProperty(() => undefined, 'name', { value: 'A.b' });
    const middleware = (): void => undefined;
    adapter.get('/a', handler);
    adapter.get(middleware);
    adapter.use('/b', middleware);
    expect(seen).toEqual([{ method: 'GET', path: '/a', owner: 'A.b' }]);
    expect(registered).toEqual([['/a', replaced], [middleware], ['/b', middleware]]);
  });
});
