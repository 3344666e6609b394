import { RequestMethod } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';

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
  return literalPath(literal.join('/'));
}

// Nest's own metadata key of controllers and handlers.
const PATH = 'path';

type ControllerClass = NewableFunction & { readonly prototype: object };

/**
 * The controller method of a route, by the end of its path: what stands before it (prefix, version) is
 * Nest's. For a Nest that does not name its handlers (11).
 */
export function ownerByPath(
  controllers: readonly ControllerClass[],
  { path }: Pick<RegisteredRoute, 'path'>,
): string | undefined {
  const candidates = controllers.flatMap((controller) =>
    handlersOf(controller).flatMap(([name, handler]) =>
      pathsOf(controller).flatMap((base) =>
        pathsOf(handler).map((own) => ({
          name: `${controller.name}.${name}`,
          tail: literalPath(`${base}/${own}`),
        })),
      ),
    ),
  );
  return candidates
    .filter(({ tail }) => tail !== '' && literalPath(path).endsWith(tail))
    .sort((one, other) => other.tail.length - one.tail.length)[0]?.name;
}

/** Whether Nest has to register anything for these controllers. */
export const hasRoutes = (controllers: readonly ControllerClass[]): boolean =>
  controllers.some((one) => handlersOf(one).some(([, handler]) => pathsOf(handler).length > 0));

const literalPath = (path: string): string =>
  path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => `/${segment}`)
    .join('');

function handlersOf(controller: ControllerClass): [string, object][] {
  const methods = controller.prototype as Record<string, object>;
  return new MetadataScanner().getAllMethodNames(methods).map((name) => [name, methods[name]!]);
}

function pathsOf(target: object): string[] {
  const path = Reflect.getMetadata(PATH, target) as string | string[] | undefined;
  return path === undefined ? [] : [path].flat();
}
