import { Req, UseGuards } from '@nestjs/common';
import { DRAINABLE_STREAM } from '../core/tokens.js';
import { AdmissionGuard } from './admission.guard.js';
import { decisionOf } from './decision.js';
import { replaceMethod } from '../compat/replace-method.js';
import { Reconnect } from './reconnect.js';
import { ResumableAnswer } from '../resume/resumable-answer.js';
import { intercept } from './stream.interceptor.js';
import { isRouteHandler, routeArgumentsOf, type DrainableStreamOptions } from './stream-route.js';

type Method = (...args: unknown[]) => unknown;

/**
 * Makes the routes of a controller, or one route, streams that the drain knows: admitted or refused
 * (503) before the handler runs, counted until their response is closed, told or cancelled with a
 * farewell when the process goes away. Works for `@Sse()`, async generators, `StreamableFile`,
 * `@Res()` and plain answers; changes nothing of what the route answers while serving.
 */
export function DrainableStream<Request = unknown>(
  options: DrainableStreamOptions<Request> = {},
): ClassDecorator & MethodDecorator {
  if (options.resumable && options.kind === 'subscription') {
    throw new TypeError(
      '@DrainableStream() cannot be a resumable subscription: an endless log has no bound; leave one of both out.',
    );
  }
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (key !== undefined && descriptor) {
      descriptor.value = intercepted(target, key, descriptor.value as Method);
      Reflect.defineMetadata(DRAINABLE_STREAM, options, descriptor.value as object);
      UseGuards(AdmissionGuard)(target, key, descriptor);
      return;
    }
    Reflect.defineMetadata(DRAINABLE_STREAM, options, target);
    UseGuards(AdmissionGuard)(target as NewableFunction);
    interceptRoutes((target as NewableFunction).prototype as object);
  };
}

/** All routes of the class, inherited ones included, that are not decorated on their own. */
function interceptRoutes(prototype: object): void {
  for (const [name, method] of methodsOf(prototype)) {
    if (!isRouteHandler(method) || Reflect.hasMetadata(DRAINABLE_STREAM, method)) continue;
    Object.defineProperty(prototype, name, {
      value: intercepted(prototype, name, method),
      configurable: true,
      writable: true,
    });
  }
}

function methodsOf(prototype: object): Map<string, Method> {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  const methods =
    parent && parent !== Object.prototype ? methodsOf(parent) : new Map<string, Method>();
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name !== 'constructor' && typeof value === 'function') methods.set(name, value as Method);
  }
  return methods;
}

/**
 * The same handler, which finds its stream through one more parameter behind its own: the request.
 * Called directly, as unit tests do, it is the handler and nothing else.
 */
function intercepted(prototype: object, name: string | symbol, method: Method): Method {
  const parameters = Object.keys(routeArgumentsOf(prototype.constructor, name));
  const indexes = parameters.map((parameter) => Number(parameter.split(':')[1]));
  const position = Math.max(method.length, ...indexes.map((index) => index + 1));
  const wrapped: Method = function (this: unknown, ...args) {
    const decision = decisionOf(args[position]);
    if (decision === undefined) return method.apply(this, args);
    if (decision instanceof Reconnect) return decision.answer();
    const given = args.slice(0, position);
    if (decision instanceof ResumableAnswer) {
      return intercept(
        decision.http,
        decision.answer(() => method.apply(this, given)),
      );
    }
    return intercept(decision, method.apply(this, given));
  };
  Req()(prototype, name, position);
  return replaceMethod(method, name, wrapped);
}
