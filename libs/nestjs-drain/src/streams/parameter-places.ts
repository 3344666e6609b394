import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { classesOf } from '../compat/classes.js';
import {
  type Class,
  isRouteHandler,
  type Method,
  methodsOf,
  parametersHost,
  routeArgumentsOf,
  runPartOf,
} from '../compat/nest-routes.js';
import { isTask } from '../compat/task-mark.js';
import { DRAINABLE_STREAM } from '../core/tokens.js';
import { noStream, parameterOf } from './parameters.js';

/**
 * Refuses the parameters of a stream where there is none, when the application starts: the first request would tell,
 * or a handler would get nothing.
 */
@Injectable()
export class ParameterPlaces {
  /** @throws Error with the remedy */
  constructor(modules: ModulesContainer) {
    for (const one of classesOf(modules)) {
      for (const [name, method] of methodsOf(one)) refuseMisplaced(one, name, method);
    }
  }
}

function refuseMisplaced(owner: Class, name: string, method: Method): void {
  const isRoute = isRouteHandler(method);
  if (isRoute && [owner, method].some((one) => Reflect.hasMetadata(DRAINABLE_STREAM, one))) return;
  for (const argument of argumentsOf(owner, name, isRoute)) {
    const parameter = parameterOf(argument);
    if (parameter === undefined) continue;
    if (isRoute) throw noStream(parameter, owner.name, name);
    const isSignal = runPartOf(argument) === 'signal';
    if (!isSignal || !isTask(method)) throw nothingGiven(parameter, owner.name, name, isSignal);
  }
}

/** Nest gives a route the parameters of a method of a base class that it takes the place of; others have their own. */
function argumentsOf(owner: Class, name: string, isRoute: boolean) {
  const host = parametersHost(owner, name);
  const all = Object.values(routeArgumentsOf(host, name));
  const base = Object.getPrototypeOf(host) as Class;
  const [replaced, own] = [base, host].map(
    ({ prototype }) => (prototype as Record<string, unknown> | undefined)?.[name],
  );
  if (isRoute || replaced === own) return all;
  const inherited = Object.values(routeArgumentsOf(base, name));
  return all.filter((argument) => !inherited.includes(argument));
}

function nothingGiven(parameter: string, owner: string, name: string, isSignal: boolean): Error {
  const remedy = isSignal
    ? 'it is for handlers of HTTP streams, and for methods with @DrainableTask(). Add that decorator, or take the parameter away.'
    : 'it is for handlers of HTTP streams. Take the parameter away.';
  return new TypeError(`${parameter} on ${owner}.${name}() gets nothing: ${remedy}`);
}
