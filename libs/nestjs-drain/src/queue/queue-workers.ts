import { BullRegistrar, WorkerHost } from '@nestjs/bullmq';
import { Inject, Injectable, Optional, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import type { BullWorker } from './bull-worker.js';
import { QueueWorker, queueWork, type QueueWork } from './queue-worker.js';
import { takeWorkersOf, type QueueWithProcessors } from './started-workers.js';

/**
 * The workers that the drain pauses. Those of `@Processor()` classes and of
 * `registerQueue({ processors })` are found; `add()` takes those that the application makes itself.
 */
@Injectable()
export class QueueWorkers implements OnApplicationBootstrap {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #workers = new Map<BullWorker, QueueWorker>();
  readonly #work: QueueWork;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(DRAIN) private readonly drain: Drain,
    // Missing where no queue is registered: then there are no `@Processor()` workers either.
    @Optional() registrar?: BullRegistrar,
  ) {
    this.#work = queueWork(drain);
    if (registrar) this.#follow(registrar);
    drain.events.on('phaseChanged', ({ phase }) => {
      if (phase === 'lameDuck') for (const worker of this.#workers.values()) worker.leave();
      if (phase === 'serving') for (const worker of this.#workers.values()) worker.stay();
    });
    drain.expired.addEventListener('abort', () => {
      for (const worker of this.#workers.values()) worker.expire();
    });
  }

  onApplicationBootstrap(): void {
    for (const { token, instance } of this.discovery.getProviders()) {
      if (isQueueWithProcessors(token, instance)) this.#addWorkersOf(instance);
    }
  }

  /**
   * Lets the drain pause, wait for and close a BullMQ worker that `new Worker()` has made, with a
   * function or with a file as its processor. A worker that comes during the drain is paused at once.
   */
  add(worker: BullWorker): void {
    if (this.#workers.has(worker)) return;
    const attached = new QueueWorker(worker, this.drain, this.#work, (message, error) =>
      this.#logger.error(message, stackOf(error)),
    );
    this.#workers.set(worker, attached);
    this.drain.listeners.add(attached);
    worker.once('closed', () => {
      this.#workers.delete(worker);
      this.drain.listeners.delete(attached);
    });
    if (this.drain.isShuttingDown) attached.leave();
  }

  #addWorkersOf(queue: QueueWithProcessors): void {
    const found = takeWorkersOf(queue);
    for (const worker of found) this.add(worker);
    if (found.length >= queue.opts.processors.length) return;
    this.#logger.warn(
      `The queue "${queue.name}" is registered with \`processors\`, and not all of their workers are ` +
        'found, so these take jobs until the last hook of @nestjs/bullmq. Write a class with ' +
        '@Processor(), or make the worker with `new Worker()` and give it to `QueueWorkers.add()`.',
    );
  }

  /** In the turn in which workers are made, before any has taken a job; by hand also long after the start. */
  #follow(registrar: BullRegistrar): void {
    const register = registrar.register.bind(registrar);
    registrar.register = () => {
      register();
      for (const { instance } of this.discovery.getProviders()) {
        const worker = workerOf(instance);
        if (worker) this.add(worker);
      }
    };
  }
}

function isQueueWithProcessors(token: unknown, queue: unknown): queue is QueueWithProcessors {
  if (typeof token !== 'string' || !token.startsWith('BullQueue_')) return false;
  const processors = guarded(() => (queue as Partial<QueueWithProcessors>).opts?.processors);
  return Array.isArray(processors) && processors.length > 0;
}

function workerOf(instance: unknown): BullWorker | undefined {
  return guarded(() =>
    instance instanceof WorkerHost ? (instance as WorkerHost).worker : undefined,
  );
}

/** Providers are the application's own: a proxy may throw at any touch. */
function guarded<T>(touch: () => T): T | undefined {
  try {
    return touch();
  } catch {
    return undefined;
  }
}
