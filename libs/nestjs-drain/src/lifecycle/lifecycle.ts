import { Inject, Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import type { DrainReport } from '../core/report.js';
import { DRAIN } from '../core/tokens.js';
import { PROCESS_OPTIONS, type ResolvedProcessOptions } from './options.js';

/**
 * A provider or controller that wants to know before streams are ended, such as one that leaves a
 * service registry. Readiness already answers 503; the drain does not end before the hook has, or
 * before its `hookTimeout`.
 */
export interface BeforeDrain {
  beforeDrain(trigger: string): void | Promise<void>;
}

/**
 * A provider or controller that stops something once no stream and no listener is left, and before
 * any `onModuleDestroy`. It may take `hookTimeout`.
 */
export interface AfterDrain {
  afterDrain(report: DrainReport): void | Promise<void>;
}

/** Finds the lifecycle hooks and runs each within its own bound: a hung one holds up nothing else. */
@Injectable()
export class Lifecycle {
  readonly #logger = new Logger('GracefulShutdown');

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(PROCESS_OPTIONS) private readonly options: ResolvedProcessOptions,
  ) {
    drain.events.subscribe((event) => {
      if (event.type === 'started') this.#beforeDrain(event.trigger);
    });
  }

  async conclude(report: DrainReport): Promise<void> {
    const hooks = this.#providersWith('afterDrain') as AfterDrain[];
    await Promise.all(hooks.map((hook) => this.#bounded(hook, () => hook.afterDrain(report))));
  }

  #beforeDrain(trigger: string): void {
    for (const hook of this.#providersWith('beforeDrain') as BeforeDrain[]) {
      const running = this.#bounded(hook, () => hook.beforeDrain(trigger));
      this.drain.tasks.enter(running);
      void running.then(() => this.drain.tasks.leave(running));
    }
  }

  #providersWith(hook: string): object[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const instances = wrappers
      .filter((wrapper) => wrapper.isDependencyTreeStatic())
      .map((wrapper) => wrapper.instance as unknown)
      .filter((instance) => typeof instance === 'object' && instance !== null);
    const unique = new Set(instances as Record<string, unknown>[]);
    return [...unique].filter((instance) => typeof instance[hook] === 'function');
  }

  /** Never rejects: a hook that throws or hangs is logged, and the shutdown goes on. */
  #bounded(hook: object, run: () => void | Promise<void>): Promise<void> {
    const { hookTimeout } = this.options;
    const name = hook.constructor.name;
    return new Promise((resolve) => {
      const cancel = this.drain.clock.schedule(hookTimeout * 1000, () => {
        this.#logger.error(
          `The drain hook of ${name} took more than ${hookTimeout} s and is not waited for any longer; ` +
            'make it faster or raise `hookTimeout`.',
        );
        resolve();
      });
      const running = (async () => run())().catch((error: unknown) => {
        this.#logger.error(`The drain hook of ${name} failed.`, error);
      });
      void running.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
