import type { ModulesContainer } from '@nestjs/core';
import type { Class } from './nest-routes.js';

/** The classes of all controllers and providers, each once. Providers are whatever an application says. */
export function classesOf(modules: ModulesContainer): Set<Class> {
  const wrappers = [...modules.values()].flatMap(({ controllers, providers }) => [
    ...controllers.values(),
    ...providers.values(),
  ]);
  return new Set(wrappers.map(({ metatype }) => metatype).filter(isClass));
}

export function isClass(metatype: unknown): metatype is Class {
  return (
    typeof metatype === 'function' && typeof metatype.prototype === 'object' && !!metatype.prototype
  );
}
