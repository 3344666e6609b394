import type { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { isInPod, watcherOf } from '../compat/environment.js';
import { importersOf } from '../compat/for-root.js';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { detached } from '../compat/work-context.js';
import { Drain } from '../core/drain.js';
import { durationWarnings } from '../core/duration.js';
import { InvalidDrainOptionsError, resolveDrainOptions } from '../core/options.js';
import { DRAIN } from '../core/tokens.js';
import { separateOptions, type ModuleOptions } from './options.js';

const applications = new WeakSet<ModulesContainer>();

/**
 * The one Drain of an application.
 * @throws InvalidDrainOptionsError when the options cannot work, or the application has one already.
 */
export function applicationDrain(modules: ModulesContainer, options: ModuleOptions): Drain {
  if (applications.has(modules)) {
    const importers = importersOf(modules, DRAIN);
    const by = importers.length > 0 ? `, by ${importers.join(' and ')}` : '';
    throw new InvalidDrainOptionsError([
      `it is imported twice${by}; import it once, in the root module: it is global, and other modules find ` +
        'ShutdownService without importing it.',
    ]);
  }
  const logger = new DrainLog('GracefulShutdown');
  const watcher = watcherOf();
  const { development = watcher !== undefined, ...bounds } = separateOptions(options).drain;
  const onListenerError = (error: unknown): void =>
    logger.error('An observer of the drain threw; the drain goes on.', stackOf(error));
  const bounded = resolveDrainOptions({ ...bounds, development });
  const drain = new Drain(bounded, undefined, onListenerError, detached);
  for (const warning of durationWarnings({ ...options })) logger.warn(warning);
  if (development) sayDevelopment(logger, options.development ? undefined : watcher);
  applications.add(modules);
  return drain;
}

/** In a pod it is rather a mistake: every rollout would end the streams. */
function sayDevelopment(logger: Logger, watcher = '`development: true`'): void {
  logger[isInPod() ? 'warn' : 'log'](
    `Development mode (${watcher}): the first signal frees the port and ends open streams at once, with their ` +
      'farewell. `propagationDelay` and `timeout` count as 0. Set `development: false` for the drain of production.',
  );
}
