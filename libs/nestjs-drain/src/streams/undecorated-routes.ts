import {
  type Class,
  isRouteHandler,
  isSseHandler,
  type Method,
  methodsOf,
  routePattern,
} from '../compat/nest-routes.js';
import { isAsyncGenerator, sendsGenerators } from '../compat/streamed-bodies.js';
import { MANAGEMENT } from '../core/tokens.js';
import { streamRouteOf } from './stream-route.js';

/**
 * The routes of a controller that are known to stream and that nothing has declared, such as
 * `WordsController.words() (GET /words)`. Not those of the management port: the drain does not wait for them.
 * To be asked once the decorated routes are wrapped.
 */
export function undecoratedRoutesOf(controller: Class): string[] {
  if (Reflect.hasMetadata(MANAGEMENT, controller)) return [];
  return [...methodsOf(controller)]
    .filter(([, method]) => streams(method) && !streamRouteOf(method))
    .map(([name, method]) => `${controller.name}.${name}() (${routePattern(controller, method)})`);
}

function streams(method: Method): boolean {
  return (
    isSseHandler(method) || (isRouteHandler(method) && sendsGenerators && isAsyncGenerator(method))
  );
}

/** @param routes at least one */
export function undecoratedRoutesWarning(routes: readonly string[]): string {
  return (
    `Routes that stream without @DrainableStream(): ${routes.join(', ')}. The drain takes an open stream of theirs ` +
    'for a plain request: it waits for it until `timeout`, and then cuts it. Put @DrainableStream() on these routes, ' +
    "or @DrainableStream({ kind: 'subscription' }) where a stream never ends by itself."
  );
}
