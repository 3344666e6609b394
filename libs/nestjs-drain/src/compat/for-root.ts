import type { Provider } from '@nestjs/common';

const FOR_ROOT = Symbol.for('nestjs-drain.ForRoot');

/**
 * For the static `@Module({ providers: [requireForRoot('DrainSomethingModule')] })`: a module that is
 * imported without `.forRoot()` refuses to start. Nest lets the providers of a dynamic module replace
 * those of its decorator, so `forRootDone` takes it back.
 */
export const requireForRoot = (module: string): Provider => ({
  provide: FOR_ROOT,
  useFactory: () => {
    throw new TypeError(
      `${module} was imported without its options: import ${module}.forRoot() instead of ${module}.`,
    );
  },
});

/** For the providers of every `forRoot()` and `forRootAsync()`. */
export const forRootDone: Provider = { provide: FOR_ROOT, useValue: true };
