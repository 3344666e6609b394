import { EventEmitter } from 'node:events';

// Express gives each request and each response a prototype, and with it a shape of its own. For `request.headers` V8 then
// prepares, each time, for the next object of that shape, which never comes: some 3 500 instructions. These only look.

/** `object[name]`, where every object may have another shape. */
export function lookAt<T extends object, Name extends keyof T>(object: T, name: Name): T[Name] {
  return Reflect.get(object, name);
}

/**
 * `emitter.prependListener(name, listener)`, where every emitter may have another shape. Before those of the application,
 * because behind one that throws no other is called.
 * @param listener no bound function, although it is smaller than a closure: Node calls all listeners in one place, where V8
 * looks up what it calls, for every event of the process, from the fifth kind of function on
 */
export function listenFirst(
  emitter: EventEmitter,
  name: string,
  listener: (...args: never[]) => void,
): void {
  EventEmitter.prototype.prependListener.call(
    emitter,
    name,
    listener as (...args: unknown[]) => void,
  );
}

/** One listener for many emitters, which is told what its `this` is. */
export function sharedListener<Emitter>(
  heard: (emitter: Emitter) => void,
): (this: Emitter) => void {
  return function (this: Emitter) {
    heard(this);
  };
}
