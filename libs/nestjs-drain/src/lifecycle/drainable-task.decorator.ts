import { Inject } from '@nestjs/common';
import type { Drain } from '../core/drain.js';
import { DRAIN } from '../core/tokens.js';
import { isDrainSignal } from '../streams/parameters.js';
import { replaceMethod } from '../compat/replace-method.js';
import { routeArgumentsOf } from '../compat/nest-routes.js';

export interface DrainableTaskOptions {
  /**
   * What becomes of a run that would start while draining. `skip` (default): it does not start, as
   * if it had returned at once; right for cron and interval handlers, which run elsewhere next time.
   * `throw`: it fails with a TaskSkippedError; right for queue workers, whose job must go back to
   * the queue instead of counting as done.
   */
  whileDraining?: 'skip' | 'throw';
}

/** A run of a `@DrainableTask({ whileDraining: 'throw' })` was asked for while draining. */
export class TaskSkippedError extends Error {
  override readonly name = 'TaskSkippedError';

  constructor(task: string) {
    super(`${task} was not started: this process is shutting down. Run it on another replica.`);
  }
}

type Method = (...args: unknown[]) => unknown;

/** Where Nest puts the drain into the instance. A name and not a symbol, for its error messages. */
const DRAIN_PROPERTY = '__drainOfTasks';
type Holder = Record<typeof DRAIN_PROPERTY, Drain | undefined>;

/**
 * Makes a method background work that the drain knows: a `@Cron()` or `@Interval()` handler, the
 * `process()` of a queue worker. Runs under way are waited for, new ones are not started while
 * draining. A parameter with `@DrainSignal()` gets an `AbortSignal` that aborts at the deadline.
 * For methods that return a promise, or nothing.
 */
export function DrainableTask({ whileDraining = 'skip' }: DrainableTaskOptions = {}) {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    injectDrain(target);
    const method = descriptor.value as Method;
    const name = `${target.constructor.name}.${String(key)}()`;
    const signal = Object.values(routeArgumentsOf(target.constructor, key)).find(isDrainSignal);
    const task = function (this: Holder, ...args: unknown[]): unknown {
      const drain = this[DRAIN_PROPERTY];
      // Called directly, as unit tests do, it is the method and nothing else.
      if (!drain) return method.apply(this, args);
      if (drain.phase === 'draining' || drain.phase === 'drained') {
        return whileDraining === 'throw'
          ? Promise.reject(new TaskSkippedError(name))
          : Promise.resolve();
      }
      // One signal per run: one that outlives its runs would keep all their listeners.
      if (signal) args[signal.index] = AbortSignal.any([drain.expired]);
      const result = method.apply(this, args);
      return result instanceof Promise ? drain.tasks.track(result) : result;
    };
    // Schedulers and queues leave their metadata before or after this decorator.
    descriptor.value = replaceMethod(method, key, task);
  };
}

function injectDrain(target: object): void {
  if (Object.hasOwn(target, DRAIN_PROPERTY)) return;
  Inject(DRAIN)(target, DRAIN_PROPERTY);
  Object.defineProperty(target, DRAIN_PROPERTY, { value: undefined, writable: true });
}
