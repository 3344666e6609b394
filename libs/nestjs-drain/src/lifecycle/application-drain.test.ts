import { AsyncLocalStorage } from 'node:async_hooks';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, test } from '@jest/globals';
import type { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { GracefulShutdownModule, ShutdownService } from '../index.js';

const token = 'secret';
const triggers: Record<string, (application: INestApplication) => unknown> = {
  'ShutdownService.initiate()': (application) => application.get(ShutdownService).initiate(),
  'ShutdownService.drain()': (application) => application.get(ShutdownService).drain(),
  'application.close()': (application) => application.close(),
  'POST /shutdown/initiate, under an instrumented server': async (application) => {
    const headers = { Authorization: `Bearer ${token}` };
    const url = `${await application.getUrl()}/shutdown/initiate`;
    return fetch(url, { method: 'POST', headers });
  },
};

test.each(Object.keys(triggers))(
  '%s: what the drain does is not done in the context of the request that called',
  async (name) => {
    const requests = new AsyncLocalStorage<string>();
    const module = await Test.createTestingModule({
      imports: [GracefulShutdownModule.forRoot({ signals: false, control: { token } })],
    }).compile();
    const application = module.createNestApplication({ logger: false });
    await application.listen(0, '127.0.0.1');
    const server = application.getHttpServer() as { emit: (...args: unknown[]) => boolean };
    const emit = server.emit.bind(server);
    server.emit = (...args) => requests.run('this request', () => emit(...args));
    const drain = application.get<Drain>(DRAIN);
    const seen: unknown[] = [];
    for (const type of ['started', 'phaseChanged', 'ended'] as const) {
      drain.events.on(type, () => seen.push(requests.getStore()));
    }
    const after = await requests.run('this request', async () => {
      await triggers[name]?.(application);
      return requests.getStore();
    });
    await drain.whenDrained();
    expect(after).toBe('this request');
    expect(new Set(seen)).toEqual(new Set([undefined]));
    expect(seen.length).toBeGreaterThan(2);
    await application.close();
  },
);
