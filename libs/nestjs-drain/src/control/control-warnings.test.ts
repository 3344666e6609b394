import { request } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startApplication, type RunningApplication } from '../../test/support/application.js';
import type { GracefulShutdownOptions } from '../index.js';

describe('warnings about the shutdown routes', () => {
  let running: RunningApplication;
  const warn = jest.spyOn(Logger.prototype, 'warn');
  const log = jest.spyOn(Logger.prototype, 'log');
  const lines = (event: string, { calls } = warn.mock): string[] =>
    calls
      .filter(([, fields]) => (fields as { event?: string } | undefined)?.event === event)
      .map(([line]) => String(line));

  beforeEach(() => {
    warn.mockReset();
    log.mockReset();
  });
  afterEach(async () => {
    delete process.env['KUBERNETES_SERVICE_HOST'];
    await running.close();
  });

  const start = async (options: GracefulShutdownOptions, host = '127.0.0.1'): Promise<void> => {
    running = await startApplication('express', {
      options: { timeout: 600, ...options },
      listen: async (application) => void (await application.listen(0, host)),
    });
  };
  const named = [
    expect.stringContaining('`control.token`, `control.port` or `control.allow` bounds that'),
  ];

  test('one line at start, where callers from other machines are heard', async () => {
    await start({}, '0.0.0.0');
    expect([lines('openControl', log.mock), lines('openControl')]).toEqual([named, []]);
  });

  test('a warning in a pod', async () => {
    process.env['KUBERNETES_SERVICE_HOST'] = '10.0.0.1';
    await start({}, '0.0.0.0');
    expect(lines('openControl')).toEqual(named);
  });

  test('none where only this machine is heard', async () => {
    await start({});
    expect([lines('openControl', log.mock), lines('openControl')]).toEqual([[], []]);
  });

  test.each<GracefulShutdownOptions['control']>([
    { token: 'sesame' },
    { port: 0, host: '127.0.0.1' },
    { allow: ['10.0.0.0/8'] },
    false,
  ])('none at start with %j', async (control) => {
    await start({ ...(control !== undefined && { control }) }, '0.0.0.0');
    expect([lines('openControl', log.mock), lines('openControl')]).toEqual([[], []]);
  });

  test('one a minute while a drain that a call started is followed by no signal', async () => {
    await start({ health: { unfollowedDrainLimit: 150 }, control: { reset: true } });
    const { drain, clock, url } = running;
    const liveness = async (): Promise<number> => (await fetch(`${url}/health`)).status;
    void drain.start('wait');
    clock.advance(59_999);
    expect(lines('unfollowed')).toEqual([]);
    clock.advance(1);
    clock.advance(60_000);
    expect(lines('unfollowed')).toEqual([
      'A call of /shutdown/wait started this drain 60 s ago, and no signal has followed. This pod takes ' +
        'no new streams, and nothing ends it: take the drain back by POST /shutdown/reset, as long as ' +
        'nothing was closed, or restart it.',
      expect.stringContaining('120 s ago'),
    ]);
    expect(await liveness()).toBe(200);
    clock.advance(30_000);
    expect(await liveness()).toBe(503);
    void drain.start('SIGTERM');
    clock.advance(600_000);
    expect(lines('unfollowed')).toHaveLength(2);
    expect(await liveness()).toBe(200);
  });

  test('none for a drain that a signal started, or that was taken back', async () => {
    await start({ propagationDelay: 100 });
    void running.drain.start('initiate');
    running.drain.reset();
    void running.drain.start('SIGTERM');
    void running.drain.start('wait');
    running.clock.advance(200_000);
    expect(lines('unfollowed')).toEqual([]);
  });

  test("the drain knows whether the kubelet's hook is unanswered", async () => {
    await start({ propagationDelay: 100 });
    const { drain, url } = running;
    const call = (agent: string) => {
      const headers = { 'User-Agent': agent };
      const asked = request(`${url}/shutdown/wait`, { headers, agent: false });
      asked.on('error', () => undefined).end();
      return asked;
    };
    const next = (type: string): Promise<void> =>
      new Promise((resolve) => {
        const unsubscribe = drain.events.subscribe((event) => {
          if (event.type !== type) return;
          unsubscribe();
          resolve();
        });
      });
    const started = next('started');
    const person = call('curl/8');
    await started;
    expect(drain.kubeletIsWaiting).toBe(false);
    const joined = next('joined');
    const kubelet = call('kube-lifecycle/1.36');
    await joined;
    expect(drain.kubeletIsWaiting).toBe(true);
    kubelet.destroy();
    while (drain.kubeletIsWaiting) await new Promise((resolve) => setImmediate(resolve));
    person.destroy();
  });
});
