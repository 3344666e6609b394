import { Injectable } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { isOnlyListener } from '../compat/process-signals.js';
import { withClosingHooks } from '../compat/providers.js';
import { namesOf } from '../core/phrases.js';

/**
 * Nest's own shutdown hooks that a signal leaves out: Nest runs them where the application is closed, and neither
 * `enableShutdownHooks()` nor a listener of the application closes it. Known when the signal has come, and not at the
 * start: an application may call `enableShutdownHooks()` after it listens.
 */
@Injectable()
export class UnrunHooks {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly modules: ModulesContainer,
  ) {}

  /** @returns the line for the log; undefined where nothing is left out */
  warningAfter(signal: NodeJS.Signals): string | undefined {
    if (!isOnlyListener(signal)) return undefined;
    const owners = withClosingHooks(this.discovery, this.modules);
    if (owners.length === 0) return undefined;
    return (
      `Nest does not run the shutdown hooks of ${namesOf(owners, 'more')}, because nothing closes the ` +
      'application: call `app.enableShutdownHooks()` in main.ts.'
    );
  }
}
