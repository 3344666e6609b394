import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import {
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpCode,
  type INestApplication,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Post,
  type Type,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type Adapter,
  adapters,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { type GracefulShutdownOptions, Management } from '../index.js';

/** What an application put before its routes, each time it was reached. */
const reached: string[] = [];
const reach = (part: string): never => {
  reached.push(part);
  throw new UnauthorizedException(part);
};

@Injectable()
class Guard implements CanActivate {
  canActivate = (): boolean => reach('guard');
}
@Injectable()
class Interceptor implements NestInterceptor {
  intercept = () => reach('interceptor');
}
@Injectable()
class Pipe implements PipeTransform {
  transform = () => reach('pipe');
}
@Catch()
class Filter implements ExceptionFilter {
  catch(_: unknown, host: { switchToHttp(): { getResponse<T>(): T } }): void {
    reached.push('filter');
    const response = host.switchToHttp().getResponse<{ raw?: ServerResponse } & ServerResponse>();
    (response.raw ?? response).writeHead(418).end();
  }
}

@Controller()
class OrdersController {
  @Get('orders')
  orders(): string {
    return 'orders';
  }
}

const paths = ['/health', '/ready', '/startup', '/shutdown', '/shutdown/status'] as const;

describe.each(adapters)('before the application on %s', (adapter) => {
  let running: RunningApplication | undefined;

  afterEach(async () => {
    await running?.close();
    running = undefined;
    reached.length = 0;
  });

  const statusOf = async (path: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${running?.url}${path}`, init)).status;

  test('law 8: nothing that the application puts before its routes reaches ours', async () => {
    running = await startApplication(adapter, {
      controllers: [OrdersController],
      providers: [
        { provide: APP_GUARD, useClass: Guard },
        { provide: APP_INTERCEPTOR, useClass: Interceptor },
        { provide: APP_PIPE, useClass: Pipe },
        { provide: APP_FILTER, useClass: Filter },
      ] as never,
      prepare(application) {
        application.setGlobalPrefix('api');
        application.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
        application.enableCors();
        useMiddleware(application, adapter, () => reached.push('middleware'));
      },
    });
    expect(await statusOf('/api/v1/orders')).toBe(418);
    expect(reached).toContain('guard');
    expect(reached).toContain('middleware');
    reached.length = 0;
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) {
        expect([method, path, await statusOf(path, { method })]).toEqual([method, path, 200]);
      }
    }
    // No body parser has a look, either: this would be 400, or 413.
    const init = { method: 'POST', body: '{', headers: { 'Content-Type': 'application/json' } };
    expect(await statusOf('/shutdown/initiate', init)).toBe(200);
    expect(await statusOf('/ready')).toBe(503);
    expect(reached).toEqual([]);
  });

  test('law 8: a call is not counted, while it waits for its answer or sends a body for ever', async () => {
    running = await startApplication(adapter, { options: { timeout: 10, propagationDelay: 5 } });
    const { url, drain } = running;
    const asked = httpRequest(`${url}/shutdown/wait`, { agent: false });
    const started = new Promise<void>((resolve) => {
      drain.events.subscribe(({ type }) => type === 'started' && resolve());
    });
    asked.on('error', () => undefined).end();
    await started;
    const sending = httpRequest(`${url}/shutdown/initiate`, { method: 'POST', agent: false });
    sending.on('error', () => undefined).setHeader('Content-Length', 5000);
    sending.write('5 bytes');
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(200);
    expect(drain.requests.size).toBe(0);
    running.clock.advance(5_000);
    expect((await drain.start('test')).unfinished).toEqual({});
    asked.destroy();
    sending.destroy();
  });

  test('unknown methods are 405 and named; other paths are left to the application', async () => {
    running = await startApplication(adapter, { controllers: [OrdersController] });
    const refused = await fetch(`${running.url}/health`, { method: 'DELETE' });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await statusOf('/shutdown/initiate')).toBe(405);
    for (const path of ['/healthy', '/health/deep', '/Health', '/shutdown/other']) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    for (const path of ['/orders', '/health?deep=1', '/health/']) {
      expect([path, await statusOf(path)]).toEqual([path, 200]);
    }
  });

  const starting = async (
    controllers: Type[],
    options: GracefulShutdownOptions = {},
    prepare?: (application: INestApplication) => void,
  ): Promise<string> => {
    try {
      running = await startApplication(adapter, {
        controllers,
        options,
        ...(prepare && { prepare }),
      });
      return 'started';
    } catch (error) {
      return (error as Error).message;
    }
  };

  @Controller()
  class HealthController {
    @Get('health')
    @HttpCode(202)
    check(): string {
      return 'mine';
    }
  }

  @Controller('shutdown')
  class ShutdownController {
    @Post('wait')
    wait(): string {
      return 'mine';
    }
  }

  @Controller()
  class CatchAllController {
    @Get(':page')
    page(): string {
      return 'page';
    }
  }

  test('a collision is refused by name, with the option that moves ours', async () => {
    expect(await starting([HealthController, ShutdownController])).toBe(
      'GracefulShutdownModule cannot start:\n' +
        '  - HealthController.check() answers GET /health, and so does this library; set `health.liveness` ' +
        'to another path, or move the route of the application.\n' +
        '  - ShutdownController.wait() answers POST /shutdown/wait, and so does this library; set ' +
        '`control.path` to another path, or move the route of the application.',
    );
    const prefix = (application: INestApplication): unknown => application.setGlobalPrefix('');
    expect(await starting([HealthController], {}, prefix)).toContain('HealthController.check()');
  });

  test('what does not collide starts: moved, prefixed, parametric, or on different ports', async () => {
    expect(await starting([HealthController], { health: { liveness: 'livez' } })).toBe('started');
    expect([await statusOf('/health'), await statusOf('/livez')]).toEqual([202, 200]);
    await running?.close();
    const prefix = (application: INestApplication): unknown => application.setGlobalPrefix('api');
    expect(await starting([HealthController], {}, prefix)).toBe('started');
    expect([await statusOf('/api/health'), await statusOf('/health')]).toEqual([202, 200]);
    await running?.close();
    expect(await starting([CatchAllController])).toBe('started');
    expect(await (await fetch(`${running?.url}/about`)).text()).toBe('page');
    expect(await statusOf('/health')).toBe(200);
    await running?.close();
    const control = { port: 0, host: '127.0.0.1' };
    expect(await starting([HealthController], { control })).toBe('started');
    expect(await statusOf('/health')).toBe(202);
  });

  test('a marked controller collides on the management port', async () => {
    @Controller()
    @Management()
    class OwnProbesController {
      @Get('ready')
      check(): string {
        return 'mine';
      }
    }
    const control = { port: 0, host: '127.0.0.1' };
    expect(await starting([OwnProbesController], { control })).toContain('`health.readiness`');
  });

  test('two of our own options that name one path are refused', async () => {
    expect(await starting([], { health: { liveness: '/up', readiness: 'up' } })).toContain(
      '`health.liveness` and `health.readiness` are both /up; set one of them to another path.',
    );
  });

  test('every address of localhost answers', async () => {
    running = await startApplication(adapter, {
      listen: async (application) => void (await application.listen(0, 'localhost')),
    });
    const port = new URL(running.url).port;
    const addresses = await lookup('localhost', { all: true });
    // Express listens to the first address of the name, Fastify to all.
    for (const { address, family } of adapter === 'express' ? addresses.slice(0, 1) : addresses) {
      const host = family === 6 ? `[${address}]` : address;
      expect((await fetch(`http://${host}:${port}/health`)).status).toBe(200);
    }
  });
});

function useMiddleware(application: INestApplication, adapter: Adapter, look: () => void): void {
  application.use((_request: unknown, _response: unknown, next: () => void) => {
    look();
    next();
  });
  if (adapter !== 'fastify') return;
  const fastify = application.getHttpAdapter().getInstance() as {
    addHook(name: 'onRequest', hook: (...args: [unknown, unknown, () => void]) => void): void;
  };
  fastify.addHook('onRequest', (_request, _reply, done) => {
    look();
    done();
  });
}
