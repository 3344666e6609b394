import { Get, Req, UseGuards } from '@nestjs/common';
import { HANDLER_RUN_PART, type HandlerRun } from '../core/resumption.js';

/** Every touch of the metadata that Nest keeps about routes. Nest 11 and 12 use the same keys. */
const PATH = 'path';
const METHOD = 'method';
const SSE = '__sse__';
const GUARDS = '__guards__';
const ROUTE_ARGUMENTS = '__routeArguments__';
const PARAMETER_TYPES = 'design:paramtypes';
/** Keys of `__routeArguments__` are `<type>:<index>`; 0 is the request, 1 the response, 2 is next. */
const REQUEST = '0';
const RESPONSE_OR_NEXT = /^[12]:/;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD', 'SEARCH'];
/** Handlers of microservices (gRPC included), and gateways. */
export const PATTERN = 'microservices:pattern';
const GATEWAY = 'websockets:is_gateway';

/** Marks the parameter that the library itself has added to a handler. */
const HIDDEN = Symbol.for('nestjs-drain.HiddenParameter');

export type Method = (...args: unknown[]) => unknown;
export type Class = abstract new (...args: never[]) => object;

interface RouteArgument {
  readonly index: number;
  readonly data?: unknown;
  readonly factory?: unknown;
}
type RouteArguments = Readonly<Record<string, RouteArgument>>;

/**
 * Does nothing to a Nest that keeps its metadata where this file looks for it.
 * @throws Error naming what was not found.
 */
export function checkRouteMetadata(): void {
  class Probe {
    handler(): void {}
  }
  const { prototype } = Probe;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handler') as PropertyDescriptor;
  Req()(prototype, 'handler', 0);
  UseGuards(class ProbeGuard {})(prototype, 'handler', descriptor);
  Get('probe')(prototype, 'handler', descriptor);
  const missing = [
    ...[PATH, METHOD, GUARDS].filter(
      (key) => !Reflect.hasMetadata(key, descriptor.value as object),
    ),
    ...(`${REQUEST}:0` in routeArgumentsOf(Probe, 'handler') ? [] : [ROUTE_ARGUMENTS]),
  ];
  if (missing.length === 0) return;
  throw new Error(
    `This version of Nest keeps no metadata under ${missing.join(', ')}, so @DrainableStream() cannot find its ` +
      'routes: use a version of Nest that nestjs-drain names as its peer.',
  );
}

export function isRouteHandler(method: object): boolean {
  return Reflect.hasMetadata(PATH, method);
}

export function isSseHandler(method: object): boolean {
  return Reflect.hasMetadata(SSE, method);
}

/** gRPC's patterns name a service and a method; those of other transports are what the application says. */
export function isGrpcMethod(method: object): boolean {
  const patterns = (Reflect.getMetadata(PATTERN, method) ?? []) as unknown[];
  return patterns.some(
    (pattern) => typeof pattern === 'object' && pattern !== null && 'rpc' in pattern,
  );
}

export function isGateway(provider: object): boolean {
  return Reflect.hasMetadata(GATEWAY, provider);
}

/** The methods of a class by name, inherited ones included. Getters are not touched. */
export function methodsOf({ prototype }: Class): Map<string, Method> {
  const methods = new Map<string, Method>();
  const chain: object[] = [];
  for (
    let one = prototype as object | null;
    one && one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object | null
  ) {
    chain.unshift(one);
  }
  for (const one of chain) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(one))) {
      if (name !== 'constructor' && typeof value === 'function') methods.set(name, value as Method);
    }
  }
  return methods;
}

/** Such as `POST /v1/responses`. Prefixes and versions of the application are not in it. */
export function routePattern(controller: object, method: object): string {
  const verb = METHODS[(Reflect.getMetadata(METHOD, method) as number | undefined) ?? 0] ?? '';
  const paths = [controller, method].map((part) => {
    const path = Reflect.getMetadata(PATH, part) as string | string[] | undefined;
    return (Array.isArray(path) ? path[0] : path) ?? '';
  });
  const segments = paths.flatMap((path) => path.split('/')).filter((segment) => segment !== '');
  return `${verb} /${segments.join('/')}`;
}

/** What decorators say about a handler's own parameters, by `<type>:<index>`. */
export function routeArgumentsOf(controller: object, name: string | symbol): RouteArguments {
  const all = (Reflect.getMetadata(ROUTE_ARGUMENTS, controller, name) ?? {}) as RouteArguments;
  return Object.fromEntries(Object.entries(all).filter(([, { data }]) => data !== HIDDEN));
}

/** What a parameter gets of each run of its handler, as its decorator says (`HANDLER_RUN_PART`). */
export function runPartOf({ factory }: RouteArgument): keyof HandlerRun | undefined {
  return (factory as { [HANDLER_RUN_PART]?: keyof HandlerRun } | undefined)?.[HANDLER_RUN_PART];
}

/** Whether the handler writes to the response itself, so that Nest sends nothing for it. */
export function writesResponse(parameters: RouteArguments): boolean {
  return Object.entries(parameters).some(
    ([key, { data }]) =>
      RESPONSE_OR_NEXT.test(key) &&
      (data as { passthrough?: boolean } | undefined)?.passthrough !== true,
  );
}

/** How many arguments Nest passes to a handler with these parameters. */
export function argumentCount(parameters: RouteArguments): number {
  return Math.max(0, ...Object.values(parameters).map(({ index }) => index + 1));
}

/**
 * Puts `replacement` into the place of a controller's handler. Nest passes it the request behind the handler's own
 * arguments: a request parameter runs through no pipe.
 */
export function replaceHandler(controller: Class, name: string, replacement: Method): void {
  const prototype = controller.prototype as object;
  const before = parametersHost(controller, name);
  const parameters = routeArgumentsOf(before, name);
  const types: unknown = Reflect.getMetadata(PARAMETER_TYPES, before.prototype as object, name);
  Object.defineProperty(prototype, name, {
    value: replacement,
    configurable: true,
    writable: true,
  });
  const after = parametersHost(controller, name);
  const index = argumentCount(parameters);
  const hidden = { index, data: HIDDEN, pipes: [] };
  const known = { ...parameters, [`${REQUEST}:${index}`]: hidden };
  Reflect.defineMetadata(ROUTE_ARGUMENTS, known, after, name);
  if (types && after !== before) {
    Reflect.defineMetadata(PARAMETER_TYPES, types, after.prototype as object, name);
  }
}

/**
 * For `createParamDecorator()`: the type of the parameter is no class for pipes, which would make a new object of it, as
 * class-transformer does. Compilers keep the types of a method before the decorators of its parameters run.
 */
export const withoutType: ParameterDecorator = (target, key, index) => {
  if (key === undefined) return;
  const types = Reflect.getOwnMetadata(PARAMETER_TYPES, target, key) as unknown[] | undefined;
  // A parameter that a decorator has added has no type.
  const others = types?.map((type, at) => (at === index ? Object : type));
  if (others) Reflect.defineMetadata(PARAMETER_TYPES, others, target, key);
};

/** The class on which Nest looks for a handler's parameters: where mixins copy methods, another one. */
export function parametersHost(controller: Class, name: string): Class {
  const prototype = controller.prototype as Record<string, unknown>;
  const host = prototype['constructor'] as Class | undefined;
  const isShared =
    typeof host === 'function' &&
    (host.prototype as Record<string, unknown> | undefined)?.[name] === prototype[name];
  return isShared ? host : controller;
}

/** Guards that run for every route of the controller, before those of its methods. */
export function classGuardsOf(controller: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, controller) ?? []) as readonly unknown[];
}

export function methodGuardsOf(method: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, method) ?? []) as readonly unknown[];
}

/** Replaces the guards of a controller or of a method. */
export function setGuards(target: object, guards: readonly unknown[]): void {
  Reflect.defineMetadata(GUARDS, guards, target);
}

/**
 * Makes `replacement` pass for the method that it stands for: its name, and the metadata that other
 * decorators have left on it, so that their order does not matter.
 */
export function replaceMethod<T extends object>(
  method: (...args: never[]) => unknown,
  key: string | symbol,
  replacement: T,
): T {
  Object.defineProperty(replacement, 'name', { value: key });
  for (const metadata of Reflect.getMetadataKeys(method)) {
    Reflect.defineMetadata(metadata, Reflect.getMetadata(metadata, method), replacement);
  }
  return replacement;
}
