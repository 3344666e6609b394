import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { providersWith, type ProviderWithMethod } from '../compat/providers.js';
import { runAs } from '../compat/work-context.js';
import { Drain } from '../core/drain.js';
import type { DrainReport } from '../core/report.js';
import { DRAIN } from '../core/tokens.js';
import { within } from '../core/clock.js';
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

/**
 * Finds the drain's hooks and runs each within its own bound: a hook that hangs, throws or cannot be
 * looked at holds up nothing else and takes away no other hook (law 7).
 */
@Injectable()
export class Hooks {
  readonly #logger = new DrainLog('GracefulShutdown');

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(PROCESS_OPTIONS) private readonly options: ResolvedProcessOptions,
  ) {
    drain.events.on('started', ({ trigger }) => this.#beforeDrain(trigger));
  }

  async conclude(report: DrainReport): Promise<void> {
    const hooks = providersWith(this.discovery, 'afterDrain');
    await Promise.all(hooks.map((hook) => this.#bounded(hook, this.#call(hook, report))));
  }

  #beforeDrain(trigger: string): void {
    for (const hook of providersWith(this.discovery, 'beforeDrain')) {
      const { tasks } = this.drain;
      const work = {};
      tasks.enter(work);
      const counted = { name: `${hook.name}.beforeDrain()`, excuse: () => tasks.excuse(work) };
      const running = runAs(counted, () => this.#call(hook, trigger), true);
      void this.#bounded(hook, running).then(() => tasks.leave(work));
    }
  }

  /** Never rejects. */
  async #call({ name, instance, method }: ProviderWithMethod, argument: unknown): Promise<void> {
    try {
      await method.call(instance, argument as never);
    } catch (error) {
      this.#logger.error(`The drain hook of ${name} failed; the shutdown goes on.`, stackOf(error));
    }
  }

  async #bounded({ name }: ProviderWithMethod, running: Promise<void>): Promise<void> {
    const { hookTimeout } = this.options;
    if (await within(this.drain.clock, hookTimeout * 1000, running)) return;
    this.#logger.error(
      `The drain hook of ${name} took more than ${hookTimeout} s and is not waited for any longer; ` +
        'make it faster or raise `hookTimeout`.',
    );
  }
}
