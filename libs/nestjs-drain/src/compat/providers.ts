import { types } from 'node:util';
import type { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { isOfLibrary } from './for-root.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Module = NonNullable<Parameters<DiscoveryService['getProviders']>[1]>[number];
type Method = (...args: never[]) => unknown;

export interface ProviderWithMethod {
  /** For a log line. */
  readonly name: string;
  readonly instance: object;
  readonly method: Method;
}

/**
 * The providers and controllers that have a method, each once. Foreign objects are looked at and never
 * touched: no getter runs, and no trap of a proxy, which may answer for any name or throw. A proxy
 * counts by the class that provides it. Request-scoped providers have no instance to call.
 * @param modules where to look; default: in all
 */
export function providersWith(
  discovery: DiscoveryService,
  key: string,
  modules?: Module[],
): ProviderWithMethod[] {
  const found = new Map<unknown, ProviderWithMethod>();
  const wrappers = [
    ...discovery.getProviders({}, modules),
    ...discovery.getControllers({}, modules),
  ];
  for (const wrapper of wrappers) {
    const provider = providerWith(wrapper, key);
    if (provider) found.set(provider.instance, provider);
  }
  return [...found.values()];
}

/** Nest's hooks of a closing application. It runs them where the application is closed, and for no other reason. */
const closingHooks = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];

/** Its hooks only shut what it made for its own answers, and the probes of this library load it where an application does not. */
const TERMINUS = 'TerminusModule';

/** The names of the application's providers and controllers that have such a hook, each once; those of packages too. */
export function withClosingHooks(discovery: DiscoveryService, modules: ModulesContainer): string[] {
  const others = [...modules.values()].filter(
    (module) => !isOfLibrary(module) && module.name !== TERMINUS,
  );
  const found = closingHooks.flatMap((hook) => providersWith(discovery, hook, others));
  return [...new Set(found.map(({ name }) => name))];
}

function providerWith(wrapper: Wrapper, key: string): ProviderWithMethod | undefined {
  try {
    if (!wrapper.isDependencyTreeStatic()) return undefined;
    const instance = wrapper.instance as unknown;
    if (typeof instance !== 'object' || instance === null) return undefined;
    const method = methodOf(types.isProxy(instance) ? prototypeOf(wrapper) : instance, key);
    return method && { name: String(wrapper.name), instance, method };
  } catch {
    // Whatever a foreign object throws when it is looked at, it has no method of ours.
    return undefined;
  }
}

/** Of the class that Nest was given; a provider with a factory has none. */
function prototypeOf({ metatype, inject }: Wrapper): object | undefined {
  if (typeof metatype !== 'function' || inject || types.isProxy(metatype)) return undefined;
  return metatype.prototype as object;
}

function methodOf(object: object | undefined, key: string): Method | undefined {
  for (
    let one: object | null | undefined = object;
    one && !types.isProxy(one);
    one = Object.getPrototypeOf(one) as object | null
  ) {
    const value: unknown = Object.getOwnPropertyDescriptor(one, key)?.value;
    if (typeof value === 'function') return value as Method;
  }
  return undefined;
}
