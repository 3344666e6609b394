import { Injectable } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { isOnlyListener } from '../compat/process-signals.js';
import { withClosingHooks } from '../compat/providers.js';

/** Providers that one line names; it counts the others. */
const named = 3;

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
    const others = owners.length > named ? ` and ${owners.length - named} more` : '';
    return (
      `Nest does not run the shutdown hooks of ${owners.slice(0, named).join(', ')}${others}, because nothing closes the ` +
      'application: call `app.enableShutdownHooks()` in main.ts.'
    );
  }
}
