import type { Logger } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { isInPod, watcherOf } from '../compat/environment.js';
import { copiesOf, importersOf, modulesWith } from '../compat/for-root.js';
import { DrainLog, stackOf } from '../compat/nest-logger.js';
import { detached } from '../compat/work-context.js';
import { Drain } from '../core/drain.js';
import { durationWarnings } from '../core/duration.js';
import { InvalidDrainOptionsError, resolveDrainOptions } from '../core/options.js';
import { DRAIN } from '../core/tokens.js';
import { separateOptions, type ModuleOptions } from './options.js';

/**
 * The one Drain of an application.
 * @throws InvalidDrainOptionsError when the options cannot work, or the application would have two.
 */
export function applicationDrain(modules: ModulesContainer, options: ModuleOptions): Drain {
  refuseSecond(modules);
  const logger = new DrainLog('GracefulShutdown');
  const watcher = watcherOf();
  const { development = watcher !== undefined, ...bounds } = separateOptions(options).drain;
  const onListenerError = (error: unknown): void =>
    logger.error('An observer of the drain threw; the drain goes on.', stackOf(error));
  const bounded = resolveDrainOptions({ ...bounds, development });
  const drain = new Drain(bounded, undefined, onListenerError, detached);
  for (const warning of durationWarnings({ ...options })) logger.warn(warning);
  if (development) sayDevelopment(logger, options.development ? undefined : watcher);
  return drain;
}

/** Two drains would not wait for each other: the one whose work ends first would end the process of both. */
function refuseSecond(modules: ModulesContainer): void {
  const makers = modulesWith(modules, DRAIN);
  if (makers.length < 2) return;
  const importers = importersOf(modules, DRAIN);
  const by = importers.length > 0 ? `, by ${importers.join(' and ')}` : '';
  const ways = copiesOf(makers).map(({ loadedBy }) => loadedBy);
  throw new InvalidDrainOptionsError([
    ways.length > 1
      ? fromCopies(by, new Set(ways).size > 1)
      : `it is imported twice${by}; import it once, in the root module: it is global, and other modules find ` +
        'ShutdownService without importing it.',
  ]);
}

function fromCopies(by: string, isOneRequired: boolean): string {
  const remedy = isOneRequired
    ? 'One is loaded by `import` and one by `require`: let all modules load it in one way.'
    : '`npm ls nestjs-drain` shows them: leave one, as a peer dependency of the other package, or by `npm dedupe`.';
  return (
    `it is imported twice${by}, from two copies of nestjs-drain, which would drain without each other. Import it ` +
    `once, in the root module. Other modules find ShutdownService if they have it from the same copy. ${remedy}`
  );
}

/** In a pod it is rather a mistake: every rollout would end the streams. */
function sayDevelopment(logger: Logger, watcher = '`development: true`'): void {
  logger[isInPod() ? 'warn' : 'log'](
    `Development mode (${watcher}): the first signal frees the port and ends open streams at once, with their ` +
      'farewell. `propagationDelay` and `timeout` count as 0. Set `development: false` for the drain of production.',
  );
}
