import { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { Drain } from '../core/drain.js';
import {
  InvalidDrainOptionsError,
  resolveDrainOptions,
  type DrainOptions,
} from '../core/options.js';

const applications = new WeakSet<ModulesContainer>();

/**
 * The one Drain of an application.
 * @throws InvalidDrainOptionsError when the options cannot work, or the application has one already.
 */
export function applicationDrain(modules: ModulesContainer, options: DrainOptions): Drain {
  if (applications.has(modules)) {
    throw new InvalidDrainOptionsError([
      'it is imported twice, with two sets of options for one process; import it once, in the root module: ' +
        'it is global, and other modules find ShutdownService without importing it.',
    ]);
  }
  const logger = new Logger('GracefulShutdown');
  const drain = new Drain(resolveDrainOptions(options), undefined, (error) => {
    logger.error('An observer of the drain threw; the drain goes on.', error);
  });
  applications.add(modules);
  return drain;
}
