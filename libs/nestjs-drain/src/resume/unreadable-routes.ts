import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { classesOf } from '../compat/classes.js';
import { type Class, isRouteHandler, methodsOf, routePattern } from '../compat/nest-routes.js';
import { DrainLog } from '../compat/nest-logger.js';
import { isLogged } from '../core/resumption.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';

/** A resumable route: `POST /answers`. */
interface Route {
  readonly verb: string;
  readonly path: string;
}

/**
 * Warns of resumable routes that a client cannot come back to: the rest of a stream is asked for with GET, at the path of
 * the request that began it. Only a client that repeats the request with `Last-Event-ID` gets it.
 */
@Injectable()
export class UnreadableRoutes implements OnModuleInit {
  readonly #logger = new DrainLog('DrainResume');

  constructor(private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    const unreadable = unreadableOf([...classesOf(this.modules)].flatMap(resumableRoutesOf));
    if (unreadable.length > 0) this.#logger.warn(warning(unreadable));
  }
}

function resumableRoutesOf(controller: Class): Route[] {
  return [...methodsOf(controller).values()].flatMap((method) => {
    if (!isRouteHandler(method) || !isResumable(method, controller)) return [];
    const [verb = '', path = ''] = routePattern(controller, method).split(' ');
    return [{ verb, path }];
  });
}

/** What the decorator of the method says, or else that of its class. */
function isResumable(method: object, controller: object): boolean {
  const [ofMethod, ofClass] = [method, controller].map(
    (one) => Reflect.getMetadata(DRAINABLE_STREAM, one) as { resumable?: unknown } | undefined,
  );
  return isLogged(ofMethod ?? ofClass ?? {});
}

function unreadableOf(routes: readonly Route[]): string[] {
  const readable = new Set(
    routes.filter(({ verb }) => verb === 'GET' || verb === 'ALL').map(({ path }) => path),
  );
  return routes
    .filter(({ path }) => !readable.has(path))
    .map(({ verb, path }) => `${verb} ${path}`);
}

function warning(routes: readonly string[]): string {
  return (
    `Resumable routes without GET: ${routes.join(', ')}. resumingFetch() asks for the rest of a stream with GET at the same ` +
    'path, and gets 404: let the route take GET as well, with @Sse(path, { method: RequestMethod.ALL }), unless your ' +
    'clients repeat the request with `Last-Event-ID`.'
  );
}
