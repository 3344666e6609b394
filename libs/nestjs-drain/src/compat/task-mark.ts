/** Metadata of methods with `@DrainableTask()`: `replaceMethod` keeps it, and all copies of the library find it. */
const TASK = Symbol.for('nestjs-drain.DrainableTask');

export function markTask(method: object): void {
  Reflect.defineMetadata(TASK, true, method);
}

export const isTask = (method: object): boolean => Reflect.hasMetadata(TASK, method);
