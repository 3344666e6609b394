import { Controller, Get, Injectable, Logger, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import {
  adapters,
  type RunningApplication,
  startApplication,
} from '../../test/support/application.js';
import { ReadinessIndicator } from '../index.js';

@Injectable()
class Nothing {}

@Controller('own')
class OwnHealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly ready: ReadinessIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): unknown {
    return this.health.check([() => this.ready.isHealthy('mine')]);
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [OwnHealthController],
})
class OwnHealthModule {}

describe.each(adapters)('the probes on %s', (adapter) => {
  let running: RunningApplication;

  const statusOf = async (path: string, method = 'GET'): Promise<number> =>
    (await fetch(`${running.url}/${path}`, { method })).status;

  afterEach(() => running.close());

  test('liveness is 200 in every phase, readiness only while serving', async () => {
    running = await startApplication(adapter, { options: { timeout: 10, propagationDelay: 5 } });
    const error = jest.spyOn(Logger.prototype, 'error');
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      for (const method of ['GET', 'HEAD']) {
        seen.push([
          running.drain.phase,
          await statusOf('health', method),
          await statusOf('ready', method),
        ]);
      }
    };
    await look();
    running.drain.tasks.enter(running);
    void running.drain.start('test');
    await look();
    running.clock.advance(5_000);
    await look();
    running.drain.tasks.leave(running);
    await running.drain.start('test');
    await look();
    expect(seen).toEqual([
      ...Array<unknown>(2).fill(['serving', 200, 200]),
      ...Array<unknown>(2).fill(['lameDuck', 200, 503]),
      ...Array<unknown>(2).fill(['draining', 200, 503]),
      ...Array<unknown>(2).fill(['drained', 200, 503]),
    ]);
    expect(await statusOf('startup')).toBe(200);
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });

  test("liveness has Terminus' body and the drain's numbers; probes are not work (law 8)", async () => {
    running = await startApplication(adapter, { options: {} });
    expect(await (await fetch(`${running.url}/health`)).json()).toEqual({
      status: 'ok',
      info: { process: { status: 'up', phase: 'serving', active_streams: 0 } },
      error: {},
      details: { process: { status: 'up', phase: 'serving', active_streams: 0 } },
      shutting_down: false,
      active_streams: 0,
    });
    void running.drain.start('test');
    const ready = await fetch(`${running.url}/ready`);
    expect(await ready.json()).toMatchObject({
      status: 'error',
      error: { drain: { status: 'down' } },
    });
  });

  test('each has as many paths as it is given', async () => {
    const health = { liveness: ['health', 'healthcheck'], readiness: ['ready', 'readycheck'] };
    running = await startApplication(adapter, { options: { health } });
    expect(await Promise.all(['health', 'healthcheck'].map((path) => statusOf(path)))).toEqual([
      200, 200,
    ]);
    void running.drain.start('test');
    expect(await Promise.all(['ready', 'readycheck'].map((path) => statusOf(path)))).toEqual([
      503, 503,
    ]);
  });

  test('the indicators work in a health controller of your own', async () => {
    running = await startApplication(adapter, { providers: [Nothing], imports: [OwnHealthModule] });
    expect(await statusOf('own')).toBe(200);
    void running.drain.start('test');
    expect(await statusOf('own')).toBe(503);
  });
});
