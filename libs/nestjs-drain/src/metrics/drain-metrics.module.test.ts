import { Controller, Get, Injectable, Module, type NestInterceptor } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { map, NEVER, type Observable } from 'rxjs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { DrainableStream, GracefulShutdownModule } from '../index.js';
import { DrainMetricsModule } from './index.js';

@Controller()
class StreamController {
  @Get('answers/:id')
  @DrainableStream()
  answer(): Observable<unknown> {
    return NEVER;
  }
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ data })));
  }
}

const started: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const application of started.splice(0)) await application.close();
});

async function start(adapter: string, registry: Registry) {
  // A second import, as a feature module of the application would make it.
  @Module({ imports: [DrainMetricsModule.forRoot({ registry })] })
  class FeatureModule {}

  const module = await Test.createTestingModule({
    imports: [
      GracefulShutdownModule.forRoot({ signals: false, timeout: 0.2, flushTimeout: 0.1 }),
      DrainMetricsModule.forRoot({ registry }),
      FeatureModule,
    ],
    controllers: [StreamController],
    providers: [{ provide: APP_INTERCEPTOR, useClass: Envelope }],
  }).compile();
  const application =
    adapter === 'express'
      ? module.createNestApplication({ logger: false })
      : module.createNestApplication(new FastifyAdapter(), { logger: false });
  started.push(application);
  await application.listen(0, '127.0.0.1');
  return { url: await application.getUrl(), drain: application.get<Drain>(DRAIN) };
}

describe.each(['express', 'fastify'])('GET /metrics on %s', (adapter) => {
  test('serves the registry, imported twice, past an interceptor that wraps every answer', async () => {
    const { url } = await start(adapter, new Registry());
    const response = await fetch(`${url}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toMatch(/^nestjs_drain_phase\{phase="serving"\} 1$/m);
  });

  test('law 8: a scrape is not counted as work, and not refused while draining', async () => {
    const { url, drain } = await start(adapter, new Registry());
    const transport = { end: () => undefined, destroy: () => undefined };
    const stream = drain.streams.admit({ kind: 'finite', route: '/answers' }, transport);
    void drain.start('initiate');
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    expect(text).toMatch(/^nestjs_drain_phase\{phase="draining"\} 1$/m);
    expect(text).toMatch(/^nestjs_drain_in_flight_requests 0$/m);
    if (stream.admitted) stream.release();
  });

  test('labels carry the pattern of a route, never an id', async () => {
    const { url } = await start(adapter, new Registry());
    const leaving = new AbortController();
    const request = fetch(`${url}/answers/4711`, { signal: leaving.signal });
    request.catch(() => undefined);
    let text = '';
    while (!text.includes('active_streams{')) text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(
      /^nestjs_drain_active_streams\{kind="finite",route="GET \/answers\/:id"\} 1$/m,
    );
    expect(text).not.toContain('4711');
    leaving.abort();
  });
});

test('two applications of one process share a registry', async () => {
  const registry = new Registry();
  await start('express', registry);
  const { url } = await start('express', registry);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
});
