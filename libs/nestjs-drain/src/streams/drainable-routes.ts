import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { isClass } from '../compat/classes.js';
import { DrainLog } from '../compat/nest-logger.js';
import {
  checkRouteMetadata,
  type Class,
  classGuardsOf,
  isGateway,
  isGrpcMethod,
  isRouteHandler,
  type Method,
  methodGuardsOf,
  methodsOf,
  replaceHandler,
  replaceMethod,
  setGuards,
} from '../compat/nest-routes.js';
import { streamedFor } from '../compat/streamed-bodies.js';
import { isLogged } from '../core/resumption.js';
import { DRAINABLE_STREAM, RESUMPTION } from '../core/tokens.js';
import { decisionOf, isAnswerer, streamIn } from './http-stream.js';
import { StreamInterceptor } from './stream.interceptor.js';
import {
  describeRoute,
  type DrainableStreamOptions,
  isAdmissionGuard,
  otherGuards,
  nothingKeepsEvents,
  setStreamRoute,
  streamRouteOf,
  type StreamRoute,
} from './stream-route.js';
import { undecoratedRoutesOf, undecoratedRoutesWarning } from './undecorated-routes.js';

/**
 * Finds what `@DrainableStream()` decorates when the application starts, before Nest compiles its routes. One rule,
 * whatever was decorated, inherited, overridden or decorated twice: each HTTP route of a decorated method, or of a
 * decorated controller or its base, is wrapped once, and admitted once, behind its other guards. What a method
 * declares goes before what its controller declares.
 */
@Injectable()
export class DrainableRoutes implements OnModuleInit {
  readonly #logger = new DrainLog('GracefulShutdown');
  readonly #logged: StreamRoute[] = [];
  /** A controller of several modules counts once. */
  readonly #undecorated = new Set<string>();

  /** @throws TypeError naming a method or provider that cannot be a stream, and the remedy. */
  constructor(
    modules: ModulesContainer,
    private readonly module: ModuleRef,
  ) {
    checkRouteMetadata();
    for (const { controllers, providers } of modules.values()) {
      for (const { metatype } of controllers.values()) {
        if (!isClass(metatype)) continue;
        wrapRoutes(metatype);
        this.#logged.push(...loggedRoutesOf(metatype));
        for (const route of undecoratedRoutesOf(metatype)) this.#undecorated.add(route);
      }
      for (const { metatype } of providers.values()) {
        if (isClass(metatype)) refuseProvider(metatype);
      }
    }
  }

  /** @throws Error when a resumable route has nothing that keeps its events. */
  onModuleInit(): void {
    const [route] = this.#logged;
    if (route && !this.#hasResumption) throw nothingKeepsEvents(route);
    if (this.#undecorated.size > 0) {
      this.#logger.warn(undecoratedRoutesWarning([...this.#undecorated]));
    }
  }

  get #hasResumption(): boolean {
    try {
      this.module.get(RESUMPTION, { strict: false });
      return true;
    } catch {
      return false;
    }
  }
}

/** The routes whose events are to be logged. */
function loggedRoutesOf(controller: Class): StreamRoute[] {
  return [...methodsOf(controller).values()].flatMap((method) => {
    const route = streamRouteOf(method);
    return route && isLogged(route) ? [route] : [];
  });
}

interface Wrapped {
  readonly controller: Class;
  readonly method: Method;
}

const wrappers = new WeakMap<Method, Wrapped>();

function wrapRoutes(controller: Class): void {
  const ofClass = declaredOn(controller);
  for (const [name, found] of methodsOf(controller)) {
    const declared = declaredOn(found) ?? ofClass;
    if (!declared) continue;
    const known = wrappers.get(found);
    if (known?.controller === controller) continue;
    if (isRouteHandler(found)) wrapRoute(controller, name, known?.method ?? found, declared);
    else if (declaredOn(found) && !isGrpcMethod(found)) throw notARoute(controller, name);
  }
}

function wrapRoute(
  controller: Class,
  name: string,
  method: Method,
  declared: DrainableStreamOptions,
): void {
  const route = describeRoute(controller, name, method, declared);
  const wrapper = replaceMethod(method, name, wrap(method, route));
  setStreamRoute(wrapper, route);
  wrappers.set(wrapper, { controller, method });
  guardLast(controller, wrapper, route);
  replaceHandler(controller, name, wrapper);
}

/**
 * The admission guard runs behind all others: behind those of the controller where the method has none of its own, so
 * that it runs once. Nest knows it as a guard of what was decorated, so a controller that was keeps it.
 */
function guardLast(controller: Class, wrapper: Method, { isGuardedTwice }: StreamRoute): void {
  const ofClass = classGuardsOf(controller);
  const ofMethod = methodGuardsOf(wrapper);
  const forAll = ofClass.find(isAdmissionGuard);
  if (forAll) setGuards(controller, [...otherGuards(ofClass), forAll]);
  const last = forAll ?? ofMethod.find(isAdmissionGuard);
  setGuards(wrapper, forAll && !isGuardedTwice ? [] : [...otherGuards(ofMethod), last]);
}

/** The same handler, which finds its stream by the request that comes behind its arguments. */
function wrap(method: Method, route: StreamRoute): Method {
  return function (this: unknown, ...args) {
    const request = args[route.arguments];
    const decision = decisionOf(request);
    // Called directly, as unit tests do, it is the handler and nothing else.
    if (decision === undefined) return method.apply(this, args);
    const stream = streamIn(decision);
    if (stream) stream.transport.isHandled = true;
    // In place of a copy: nothing else has this list.
    while (args.length > route.arguments) args.pop();
    if (!isAnswerer(decision)) {
      const interceptor = new StreamInterceptor(route, decision, streamedFor(request as object));
      return interceptor.intercept(() => method.apply(this, args));
    }
    return decision.answer((run) => {
      const given = [...args];
      for (const [index, part] of route.runParts) given[index] = run[part];
      return method.apply(this, given);
    });
  };
}

function refuseProvider(provider: Class): void {
  if (!classGuardsOf(provider).some(isAdmissionGuard)) {
    for (const [name, method] of methodsOf(provider)) {
      if (declaredOn(method)) throw notARoute(provider, name);
    }
  } else if (!isGateway(provider)) throw notARoute(provider);
}

function notARoute({ name }: Class, method?: string): TypeError {
  return new TypeError(
    `@DrainableStream() on ${name}${method === undefined ? '' : `.${method}()`} does nothing: it is for HTTP routes, ` +
      'for controllers of gRPC methods, and for gateway classes (a socket is the stream, not one of its messages). ' +
      'Take it away; for background work there is @DrainableTask().',
  );
}

function declaredOn(target: object): DrainableStreamOptions | undefined {
  return Reflect.getMetadata(DRAINABLE_STREAM, target) as DrainableStreamOptions | undefined;
}
