import { rawOf } from './fastify.js';
import { createMarks } from './marks.js';

/**
 * One value that is remembered of requests, whether a framework's or Node's own is asked for. It stands on Node's own where
 * that one is wrapped, as Fastify does: then all have one shape. Else it stands beside: Express gives each request a
 * prototype, and with it a shape of its own, and one more property costs such an object some 30 000 instructions.
 */
export class Attachment<T> {
  /** On the requests themselves. */
  readonly #marks = createMarks<T>();
  /** Until `drop`. */
  readonly #held = new Map<object, T>();
  readonly #others = new WeakMap<object, T>();

  /** The one that all copies of the library in a process share by its name. */
  static shared<T>(name: string): Attachment<T> {
    const all = globalThis as unknown as Record<symbol, Attachment<T> | undefined>;
    return (all[Symbol.for(`nestjs-drain.${name}`)] ??= new Attachment<T>());
  }

  of(request: object): T | undefined {
    const raw = rawOf(request);
    if (raw !== request) return this.#marks.of(raw) ?? this.#beside(raw);
    return this.#beside(raw) ?? this.#marks.of(raw);
  }

  set(request: object, value: T): void {
    const raw = rawOf(request);
    if (raw === request) this.#others.set(raw, value);
    else this.#marks.put(raw, value);
  }

  /**
   * As `set`, for requests whose end the caller announces by `drop`. A value in a WeakMap is kept by V8's scavenger until
   * the next full collection, and with it all of its request: 50 µs for each stream on Express.
   */
  hold(request: object, value: T): void {
    const raw = rawOf(request);
    if (raw === request) this.#held.set(raw, value);
    else this.#marks.put(raw, value);
  }

  /**
   * What stands on the request goes with it.
   * @param isNeeded whether the value may still be asked for
   */
  drop(request: object, isNeeded: boolean): void {
    const raw = rawOf(request);
    const value = isNeeded ? this.#held.get(raw) : undefined;
    this.#held.delete(raw);
    if (value !== undefined) this.#others.set(raw, value);
  }

  #beside(raw: object): T | undefined {
    return this.#held.get(raw) ?? this.#others.get(raw);
  }
}
