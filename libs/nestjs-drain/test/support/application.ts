import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Drain } from '../../src/core/drain.js';
import { resolveDrainOptions } from '../../src/core/options.js';
import { DRAIN } from '../../src/core/tokens.js';
import { GracefulShutdownModule, type GracefulShutdownOptions } from '../../src/index.js';
import { ManualClock } from 'nestjs-drain-resume/testing';

export const adapters = ['express', 'fastify'] as const;
export type Adapter = (typeof adapters)[number];

export interface RunningApplication {
  readonly url: string;
  readonly application: INestApplication;
  readonly drain: Drain;
  readonly clock: ManualClock;
  close(): Promise<void>;
}

/** An application in this process, on a free port, whose drain lives by a manual clock. */
export async function startApplication(
  adapter: Adapter,
  parts: {
    imports?: ModuleMetadata['imports'];
    controllers?: Type[];
    providers?: Type[];
    options?: GracefulShutdownOptions;
  },
): Promise<RunningApplication> {
  const options = { signals: false as const, ...parts.options };
  const { timeout, propagationDelay, flushTimeout, retryAfter, waves } = options;
  const clock = new ManualClock();
  const given = Object.entries({ timeout, propagationDelay, flushTimeout, retryAfter, waves });
  const known = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const drain = new Drain(resolveDrainOptions(known), clock);
  const module = await Test.createTestingModule({
    imports: [GracefulShutdownModule.forRoot(options), ...(parts.imports ?? [])],
    controllers: parts.controllers ?? [],
    providers: parts.providers ?? [],
  })
    .overrideProvider(DRAIN)
    .useValue(drain)
    .compile();
  const application =
    adapter === 'express'
      ? module.createNestApplication({ logger: false })
      : module.createNestApplication(new FastifyAdapter(), { logger: false });
  await application.listen(0, '127.0.0.1');
  return {
    url: await application.getUrl(),
    application,
    drain,
    clock,
    async close() {
      // Real time would end what a test left open; with a manual clock the test does.
      const closing = application.close();
      for (let turns = 0; turns < 10; turns += 1) await clock.advanceAsync(400_000);
      await closing;
    },
  };
}

/** The next event of the drain of this type. */
export function nextEvent(drain: Drain, type: string): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = drain.events.subscribe((event) => {
      if (event.type !== type) return;
      unsubscribe();
      resolve();
    });
  });
}
