import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Clock } from '../../src/core/clock.js';
import { Drain } from '../../src/core/drain.js';
import { resolveDrainOptions, type DrainOptions } from '../../src/core/options.js';
import { DRAIN } from '../../src/core/token.js';
import { GracefulShutdownModule } from '../../src/index.js';

export interface DrainedModule {
  readonly module: TestingModule;
  readonly drain: Drain;
}

/** A root module with the drain in it, for whatever kind of application a test makes of it. */
export async function drainedModule(
  parts: ModuleMetadata,
  options: DrainOptions = {},
  clock?: Clock,
): Promise<DrainedModule> {
  const drain = new Drain(resolveDrainOptions(options), clock);
  const shutdown = GracefulShutdownModule.forRoot({ signals: false, exitTimeout: 10 });
  const module = await Test.createTestingModule({
    ...parts,
    imports: [shutdown, ...(parts.imports ?? [])],
  })
    .overrideProvider(DRAIN)
    .useValue(drain)
    .compile();
  return { module, drain };
}
