import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, type INestApplication, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type Adapter, adapters } from '../../test/support/application.js';
import { GracefulShutdownModule, Management } from '../index.js';

@Controller('orders')
class OrdersController {
  @Get('health')
  health(): string {
    return 'orders';
  }

  @Get('list')
  list(): string {
    return 'orders';
  }
}

@Controller('watch')
@Management()
class WatchController {
  @Get(':what')
  watch(): string {
    return 'watched';
  }
}

const start = async (adapter: Adapter, port: number): Promise<INestApplication> => {
  const control = { port, host: '127.0.0.1' };
  @Module({
    imports: [GracefulShutdownModule.forRoot({ signals: false, control })],
    controllers: [OrdersController, WatchController],
  })
  class ApplicationModule {}
  return adapter === 'express'
    ? NestFactory.create(ApplicationModule, { logger: false })
    : NestFactory.create(ApplicationModule, new FastifyAdapter(), { logger: false });
};

describe.each(adapters)('the management port on %s', (adapter) => {
  let application: INestApplication;
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const managementUrl = (): string => {
    const lines = log.mock.calls.map(([line]) => String(line));
    const [, port] = /are on port (\d+)/.exec(lines.reverse().join('\n')) ?? [];
    return `http://127.0.0.1:${port}`;
  };
  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

  afterEach(() => application.close());

  test('serves marked routes, prefix and all, and nothing else; the traffic port serves the rest', async () => {
    application = await start(adapter, 0);
    application.setGlobalPrefix('api');
    await application.listen(0, '127.0.0.1');
    const [traffic, management] = [await application.getUrl(), managementUrl()];
    for (const path of ['health', 'ready', 'shutdown/status', 'watch/metrics?name=x']) {
      expect([path, await statusOf(`${management}/api/${path}`)]).toEqual([path, 200]);
      expect([path, await statusOf(`${traffic}/api/${path}`)]).toEqual([path, 404]);
    }
    expect(await statusOf(`${management}/api/orders/list`)).toBe(404);
    expect(await statusOf(`${traffic}/api/orders/list`)).toBe(200);
    expect(await statusOf(`${traffic}/api/orders/health`)).toBe(200);
  });

  test('is open before the traffic port, and not ready until that listens', async () => {
    application = await start(adapter, 0);
    await application.init();
    expect(await statusOf(`${managementUrl()}/health`)).toBe(503);
    await application.listen(0, '127.0.0.1');
    expect(await statusOf(`${managementUrl()}/health`)).toBe(200);
  });

  test('closes with the application', async () => {
    application = await start(adapter, 0);
    await application.listen(0, '127.0.0.1');
    const url = managementUrl();
    await application.close();
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  test('a port that is taken fails the start', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    application = await start(adapter, (squatter.address() as AddressInfo).port);
    await expect(application.listen(0, '127.0.0.1')).rejects.toThrow('EADDRINUSE');
    squatter.close();
  });
});

test('an impossible port is refused with what to set', async () => {
  await expect(
    NestFactory.create(GracefulShutdownModule.forRoot({ control: { port: 70_000 } }), {
      logger: false,
      abortOnError: false,
    }),
  ).rejects.toThrow('`control.port` is 70000; set a port from 0 to 65535.');
});
