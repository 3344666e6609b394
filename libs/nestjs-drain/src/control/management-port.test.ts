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

@Controller('watch/over')
class WatchedOrdersController {
  @Get('orders')
  orders(): string {
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

const start = async (
  adapter: Adapter,
  port: number,
  host = '127.0.0.1',
): Promise<INestApplication> => {
  const control = { port, host };
  @Module({
    imports: [GracefulShutdownModule.forRoot({ signals: false, control })],
    controllers: [OrdersController, WatchController, WatchedOrdersController],
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

  test('serves its own and marked routes, and nothing else; the traffic port serves the rest', async () => {
    application = await start(adapter, 0);
    application.setGlobalPrefix('api');
    await application.listen(0, '127.0.0.1');
    const [traffic, management] = [await application.getUrl(), managementUrl()];
    const own = ['health', 'ready', 'shutdown/status', 'api/watch/metrics?name=x'];
    for (const path of own) {
      expect([path, await statusOf(`${management}/${path}`)]).toEqual([path, 200]);
      expect([path, await statusOf(`${traffic}/${path}`)]).toEqual([path, 404]);
    }
    // An unmarked route below a marked one is the application's.
    expect(await statusOf(`${management}/api/watch/over/orders`)).toBe(404);
    expect(await statusOf(`${traffic}/api/watch/over/orders`)).toBe(200);
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

  test('a port that is taken fails the start, with the option and the remedy', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    application = await start(adapter, port);
    await expect(application.listen(0, '127.0.0.1')).rejects.toMatchObject({
      name: 'InvalidDrainOptionsError',
      problems: [
        `\`control.port\` cannot be opened (listen EADDRINUSE: address already in use 127.0.0.1:${port}); another ` +
          'process, or another Nest application in this process, listens there, such as a second replica on this machine: ' +
          'end it, or set another port (0 takes a free one).',
      ],
      cause: expect.objectContaining({ code: 'EADDRINUSE', port }),
    });
    squatter.close();
  });

  test('an address that is none of this machine fails the start, with the options', async () => {
    application = await start(adapter, 0, '192.0.2.1');
    await expect(application.listen(0, '127.0.0.1')).rejects.toMatchObject({
      problems: [
        expect.stringMatching(
          /^`control\.port` cannot be opened \(listen EADDRNOTAVAIL.*\); set another `control\.port` or `control\.host`\.$/,
        ),
      ],
    });
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
