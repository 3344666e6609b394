import type { Provider } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;

const FOR_ROOT = Symbol.for('nestjs-drain.ForRoot');

/**
 * For the static `@Module({ providers: [requireForRoot('DrainSomethingModule')] })` of a module that does nothing
 * without `forRoot()`: imported so, it refuses to start. Nest lets the providers of a dynamic module replace those
 * of its decorator, so `forRootDone` takes it back.
 */
export const requireForRoot = (module: string): Provider => ({
  provide: FOR_ROOT,
  useFactory: () => {
    throw new TypeError(
      `${module} was imported without its options: import ${module}.forRoot() instead of ${module}.`,
    );
  },
});

/** This copy of the library; the same files are loaded twice where one part imports and another requires them. */
const copy = { loadedBy: typeof __filename === 'undefined' ? 'import' : 'require' } as const;
type Copy = typeof copy;

/** For the providers of every `forRoot()` and `forRootAsync()`. */
export const forRootDone: Provider = { provide: FOR_ROOT, useValue: copy };

/** The modules that have a provider of their own under this token, whichever copy of the library they come from. */
export const modulesWith = (modules: ModulesContainer, provider: symbol): Module[] =>
  [...modules.values()].filter(({ providers }) => providers.has(provider));

/** The copies of the library that these modules come from. */
export const copiesOf = (modules: readonly Module[]): Copy[] => [
  ...new Set(modules.map(({ providers }) => providers.get(FOR_ROOT)?.instance as Copy)),
];

/** Whether it is one of this library's modules that have providers of their own. */
export const isOfLibrary = ({ providers }: { providers: ReadonlyMap<unknown, unknown> }): boolean =>
  providers.has(FOR_ROOT);

/** Under which `@Module()` keeps its imports, in Nest 11 and 12. */
const IMPORTS = 'imports';

/**
 * The modules that import one of those that have this provider. Only of those whose decorator says it: what a dynamic
 * module imports leads nowhere, and every module has a global one among its relations.
 */
export function importersOf(modules: ModulesContainer, provider: symbol): string[] {
  const imported = new Set<unknown>(modulesWith(modules, provider).map(({ metatype }) => metatype));
  const importers = [...modules.values()].filter(({ metatype }) => {
    const imports = (Reflect.getMetadata(IMPORTS, metatype) ?? []) as readonly unknown[];
    return imports.some((one) => imported.has((one as { module?: unknown } | null)?.module));
  });
  return importers.map(({ metatype }) => metatype.name);
}

/** What a factory may be given by. */
const ways = ['useFactory', 'useClass', 'useExisting'] as const;

/** @throws TypeError when the options of a `forRootAsync()` name nothing that makes options. */
export function requireFactory(
  module: string,
  options: unknown,
  known: readonly (typeof ways)[number][] = ways,
): void {
  const given = Object(options) as Record<string, unknown>;
  if (known.some((way) => typeof given[way] === 'function')) return;
  throw new TypeError(
    `${module}.forRootAsync() is given nothing that makes its options: set ${known.map((way) => `\`${way}\``).join(', or ')}.`,
  );
}
