import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import { durationWarnings } from '../core/duration.js';
import { InvalidDrainOptionsError, resolveDrainOptions } from '../core/options.js';
import { stackOf } from './hooks.js';
import { separateOptions, type ModuleOptions } from './options.js';

const applications = new WeakSet<ModulesContainer>();

/**
 * The one Drain of an application.
 * @throws InvalidDrainOptionsError when the options cannot work, or the application has one already.
 */
export function applicationDrain(modules: ModulesContainer, options: ModuleOptions): Drain {
  if (applications.has(modules)) {
    throw new InvalidDrainOptionsError([
      'it is imported twice, with two sets of options for one process; import it once, in the root module: ' +
        'it is global, and other modules find ShutdownService without importing it.',
    ]);
  }
  const logger = new Logger('GracefulShutdown');
  const drain = new Drain(
    resolveDrainOptions(separateOptions(options).drain),
    undefined,
    (error) => {
      logger.error('An observer of the drain threw; the drain goes on.', stackOf(error));
    },
  );
  for (const warning of durationWarnings({ ...options })) logger.warn(warning);
  applications.add(modules);
  return drain;
}
