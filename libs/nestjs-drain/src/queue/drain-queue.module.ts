import { Module, Optional, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { QueueWorkers } from './queue-workers.js';
import { watchStartedWorkers } from './started-workers.js';

/**
 * Pauses the BullMQ workers of the application's `@Processor()` classes when the shutdown begins, and
 * lets the drain wait for their running jobs. Import `DrainQueueModule.forRoot()` once, beside
 * `GracefulShutdownModule`. Workers that the application makes itself are added to `QueueWorkers`.
 */
@Module({})
export class DrainQueueModule {
  constructor(@Optional() workers?: QueueWorkers) {
    if (workers) return;
    throw new Error(
      'DrainQueueModule is imported without forRoot(), so it would pause no worker. ' +
        'Import DrainQueueModule.forRoot() instead.',
    );
  }

  static forRoot(): DynamicModule {
    watchStartedWorkers();
    return definition;
  }
}

/** One object, because Nest knows a module that is imported twice by its identity. */
const definition: DynamicModule = {
  module: DrainQueueModule,
  global: true,
  imports: [DiscoveryModule],
  providers: [QueueWorkers],
  exports: [QueueWorkers],
};
