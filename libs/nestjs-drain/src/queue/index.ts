export type { BullWorker } from './bull-worker.js';
export { DrainQueueModule } from './drain-queue.module.js';
export { QueueWorkers } from './queue-workers.js';
