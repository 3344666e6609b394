import { types } from 'node:util';
import type { DiscoveryService } from '@nestjs/core';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];
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
 */
export function providersWith(discovery: DiscoveryService, key: string): ProviderWithMethod[] {
  const found = new Map<unknown, ProviderWithMethod>();
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const provider = providerWith(wrapper, key);
    if (provider) found.set(provider.instance, provider);
  }
  return [...found.values()];
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
