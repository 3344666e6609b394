import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ShutdownSequence } from './shutdown-sequence.js';

/** The part of a Nest 12 adapter that `app.close()` awaits before any hook. Nest 11 has none. */
interface ClosableAdapter {
  beforeClose?(): unknown;
}

/**
 * Puts the shutdown sequence before Nest's own hooks, whoever closes the application: a signal
 * through `enableShutdownHooks()`, or `app.close()`.
 *
 * - Nest 12 with an HTTP adapter: `beforeClose`, awaited while routes are still served and before
 *   `return503OnClosing` would turn the probes into 503s.
 * - Nest 11, and applications without an adapter: `onModuleDestroy`. Nest runs it module by module,
 *   nearest to the root first, and waits for each; a module at distance minus infinity is the first
 *   of all (docs/decisions/0003-before-nest.md).
 */
@Injectable()
export class BeforeNest implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly sequence: ShutdownSequence,
    private readonly adapterHost: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    for (const module of modules.values()) {
      if (module.providers.has(BeforeNest)) module.distance = -Infinity;
    }
  }

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as ClosableAdapter | undefined;
    if (!adapter) return;
    const beforeClose = adapter.beforeClose?.bind(adapter);
    adapter.beforeClose = async () => {
      await this.sequence.run('close');
      await beforeClose?.();
    };
  }

  onModuleDestroy(): Promise<void> {
    return this.sequence.run('close');
  }
}
