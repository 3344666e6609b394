import { RequestMethod } from '@nestjs/common';

type Handler = (...args: never[]) => unknown;
type Register = (...args: unknown[]) => unknown;

/** A route that Nest registers with its HTTP adapter. */
export interface RegisteredRoute {
  readonly method: string;
  /** As the framework gets it: with the application's prefix and version. */
  readonly path: string;
  /** `OrdersController.list`, where this Nest names its handlers (12 does). */
  readonly owner: string | undefined;
}

/** Sees a route, and may put a handler of its own before the route's. */
export type RouteObserver = (route: RegisteredRoute, handler: Handler) => Handler;

/**
 * Nest's router registers each route by the adapter's method of its name, `adapter.get(path, handler)`.
 * Nothing else shows where a route ended up. To be called before the router is built.
 */
export function observeRoutes(adapter: object, observe: RouteObserver): void {
  const methods = adapter as Record<string, Register | undefined>;
  const names = Object.keys(RequestMethod).filter((name) => Number.isNaN(Number(name)));
  for (const method of names) {
    const name = method.toLowerCase();
    const register = methods[name]?.bind(adapter);
    if (!register) continue;
    methods[name] = (...args) => {
      const [path, handler] = args;
      if (typeof path !== 'string' || typeof handler !== 'function') return register(...args);
      const owner = handler.name.includes('.') ? handler.name : undefined;
      return register(path, observe({ method, path, owner }, handler as Handler));
    };
  }
}

/** The part of a pattern before its first parameter or wildcard, without a slash at its end. */
export function literalHead(path: string): string {
  const segments = path.split('/');
  const parameter = segments.findIndex((segment) => /[:*{(]/.test(segment));
  const literal = parameter === -1 ? segments : segments.slice(0, parameter);
  return literal
    .filter((segment) => segment !== '')
    .map((segment) => `/${segment}`)
    .join('');
}
