import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { forRootDone, requireForRoot } from '../compat/for-root.js';
import { QueueWorkers } from './queue-workers.js';
import { watchStartedWorkers } from './started-workers.js';

/**
 * Pauses the BullMQ workers of the application's `@Processor()` classes when the shutdown begins, and
 * lets the drain wait for their running jobs. Import `DrainQueueModule.forRoot()` once, beside
 * `GracefulShutdownModule`. Workers that the application makes itself are added to `QueueWorkers`.
 */
@Module({ providers: [requireForRoot('DrainQueueModule')] })
export class DrainQueueModule {
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
  providers: [forRootDone, QueueWorkers],
  exports: [QueueWorkers],
};
