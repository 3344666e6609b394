import { Injectable, Module, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { forRootDone } from './for-root.js';

/** The part of a Nest 12 adapter that `app.close()` awaits before any hook. Nest 11 has none. */
interface ClosableAdapter {
  beforeClose?(): unknown;
}

/**
 * Nest 12 with an HTTP adapter: `app.close()` awaits the adapter's `beforeClose` while routes are still
 * served, and before `return503OnClosing` would turn the probes into 503s.
 */
export function onClose(adapter: ClosableAdapter | undefined, task: () => Promise<void>): void {
  if (!adapter) return;
  const beforeClose = adapter.beforeClose?.bind(adapter);
  adapter.beforeClose = async () => {
    await task();
    await beforeClose?.();
  };
}

/**
 * Nest 11, and applications without an adapter: Nest runs `onModuleDestroy` module by module, nearest
 * to the root first, and waits for each. The module of this provider, at distance minus infinity, is
 * the first of all (docs/decisions/0003-before-nest.md).
 */
export function closesFirst(modules: ModulesContainer, provider: Type): void {
  setDistance(modules, provider, -Infinity);
}

/** A task after the shutdown hooks of every other module, for which Nest waits before it exits. */
@Injectable()
export class AfterNest implements OnApplicationShutdown {
  task: (() => Promise<void>) | undefined;

  constructor(modules: ModulesContainer) {
    setDistance(modules, AfterNest, Infinity);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.task?.();
  }
}

/** A module of its own, because Nest runs shutdown hooks module by module. */
@Module({ providers: [AfterNest, forRootDone], exports: [AfterNest] })
export class AfterNestModule {}

function setDistance(modules: ModulesContainer, provider: Type, distance: number): void {
  for (const module of modules.values()) {
    if (module.providers.has(provider)) module.distance = distance;
  }
}
