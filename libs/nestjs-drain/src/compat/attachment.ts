/**
 * One value that is remembered of requests or responses, beside them and not on them: Express gives each a prototype, and
 * with it a shape of its own, and one more property costs such an object some 30 000 instructions.
 */
export class Attachment<T> {
  /** Until `drop`. */
  readonly #held = new Map<object, T>();
  readonly #others = new WeakMap<object, T>();

  /** The one that all copies of the library in a process share by its name. */
  static shared<T>(name: string): Attachment<T> {
    const all = globalThis as unknown as Record<symbol, Attachment<T> | undefined>;
    return (all[Symbol.for(`nestjs-drain.${name}`)] ??= new Attachment<T>());
  }

  of(object: object): T | undefined {
    return this.#held.get(object) ?? this.#others.get(object);
  }

  set(object: object, value: T): void {
    this.#others.set(object, value);
  }

  /**
   * As `set`, for objects whose end the caller announces by `drop`. A value in a WeakMap is kept by V8's scavenger until
   * the next full collection, and with it all of its request: 50 µs for each stream on Express.
   */
  hold(object: object, value: T): void {
    this.#held.set(object, value);
  }

  /** @param isNeeded whether the value may still be asked for */
  drop(object: object, isNeeded: boolean): void {
    const value = isNeeded ? this.#held.get(object) : undefined;
    this.#held.delete(object);
    if (value !== undefined) this.set(object, value);
  }
}
