import type { ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Drain } from '../../src/core/drain.js';
import { resolveDrainOptions, type DrainOptions } from '../../src/core/options.js';
import { DRAIN } from '../../src/core/tokens.js';
import { GracefulShutdownModule } from '../../src/index.js';
import type { ManualClock } from 'nestjs-drain-resume/testing';

export interface DrainedModule {
  readonly module: TestingModule;
  readonly drain: Drain;
}

/** A root module with the drain in it, for whatever kind of application a test makes of it. */
export async function drainedModule(
  parts: ModuleMetadata,
  options: DrainOptions = {},
  clock?: ManualClock,
): Promise<DrainedModule> {
  const drain = new Drain(resolveDrainOptions(options), clock);
  const shutdown = GracefulShutdownModule.forRoot({ signals: false });
  const module = await Test.createTestingModule({
    ...parts,
    imports: [shutdown, ...(parts.imports ?? [])],
  })
    .overrideProvider(DRAIN)
    .useValue(drain)
    .compile();
  return { module, drain };
}

/** Closes an application; where a manual clock stands still, its time goes on until it is closed. */
export async function closeApplication(
  application: { close(): Promise<void> },
  clock?: ManualClock,
): Promise<void> {
  const closed = application.close();
  await clock?.advanceAsync(400_000);
  await closed;
}
