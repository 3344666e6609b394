import { Inject } from '@nestjs/common';
import type { Drain } from '../core/drain.js';
import { isThenable } from '../core/thenable.js';
import { DRAIN } from '../core/tokens.js';
import { replaceMethod, routeArgumentsOf, runPartOf } from '../compat/nest-routes.js';
import { requireParentheses } from '../compat/parentheses.js';
import { isTask, markTask } from '../compat/task-mark.js';
import { runAs } from '../compat/work-context.js';
import { linkedSignal } from '../core/linked-signal.js';
import { refuseQueueWorker, refuseWorkerHost } from './queue-worker-refusal.js';

type Method = (...args: unknown[]) => unknown;

/** Where Nest puts the drain into the instance. A name and not a symbol, for its error messages. */
const DRAIN_PROPERTY = '__drainOfTasks';
type Holder = Record<typeof DRAIN_PROPERTY, Drain | undefined>;

/**
 * Makes a method background work that the drain knows: a `@Cron()` or `@Interval()` handler. Runs under
 * way are waited for; a run that would start while draining does not, as if it had returned at once. A
 * parameter with `@DrainSignal()` gets an `AbortSignal` that aborts at the deadline. For methods that
 * return a promise, or nothing.
 *
 * A queue worker is refused: its jobs would count as completed. `nestjs-drain/queue` pauses it. So are HTTP routes and
 * other handlers whose callers wait for an answer.
 * @throws TypeError with the remedy, when it is applied or when the application starts.
 */
export function DrainableTask(): MethodDecorator;
export function DrainableTask(...given: unknown[]): MethodDecorator {
  requireParentheses('DrainableTask', given);
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    refuseWorkerHost(target, key);
    injectDrain(target);
    const method = descriptor.value as Method;
    const name = `${target.constructor.name}.${String(key)}()`;
    const parameters = Object.values(routeArgumentsOf(target.constructor, key));
    const signal = parameters.find((parameter) => runPartOf(parameter) === 'signal');
    const task = function (this: Holder, ...args: unknown[]): unknown {
      const drain = this[DRAIN_PROPERTY];
      // Called directly, as unit tests do, it is the method and nothing else.
      if (!drain) return method.apply(this, args);
      if (drain.phase === 'draining' || drain.phase === 'drained') return Promise.resolve();
      return runTask(drain, name, (deadline) => {
        if (signal) args[signal.index] = deadline;
        return method.apply(this, args);
      });
    };
    markTask(task);
    // Schedulers leave their metadata before or after this decorator.
    descriptor.value = replaceMethod(method, key, task);
  };
}

const drains = new WeakMap<object, Drain>();

function injectDrain(target: object): void {
  if (Object.hasOwn(target, DRAIN_PROPERTY)) return;
  Inject(DRAIN)(target, DRAIN_PROPERTY);
  Object.defineProperty(target, DRAIN_PROPERTY, {
    get(this: object) {
      return drains.get(this);
    },
    // Nest injects when it has made the instance: at start, with the whole class in sight.
    set(this: object, drain: Drain) {
      refuseQueueWorker(this, isTask);
      drains.set(this, drain);
    },
  });
}

/**
 * Runs background work that the drain counts until it has returned, thrown, or its promise is settled.
 * Returns and throws what the work does.
 * @param run gets a signal that aborts at the deadline
 */
export function runTask<T>(drain: Drain, name: string, run: (deadline: AbortSignal) => T): T {
  const { signal, dispose } = linkedSignal(drain.expired);
  const work = {};
  const leave = (): void => {
    dispose();
    drain.tasks.leave(work);
  };
  drain.tasks.enter(work);
  const counted = { name, excuse: () => drain.tasks.excuse(work) };
  try {
    const result = runAs(counted, () => run(signal), drain.isShuttingDown);
    if (isThenable(result)) return Promise.resolve(result).finally(leave) as T;
    leave();
    return result;
  } catch (error) {
    leave();
    throw error;
  }
}
