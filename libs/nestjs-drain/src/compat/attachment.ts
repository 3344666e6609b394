import { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

const ofNode: ReadonlySet<unknown> = new Set(
  [IncomingMessage, ServerResponse, Http2ServerRequest, Http2ServerResponse].map(
    ({ prototype }) => prototype as unknown,
  ),
);

/**
 * Whether a request or response is as Node made it. Express gives each one another prototype, and with it a shape of its
 * own: one more property costs such a request some 30 000 instructions. Where all have one shape, a property is cheapest.
 */
export function isAsNodeMadeIt(object: object): boolean {
  return ofNode.has(Object.getPrototypeOf(object));
}

type Held<T> = Record<symbol, T | undefined>;

/** What all copies of the library in a process share. */
interface Shared<T> {
  readonly held: Map<object, T>;
  readonly beside: WeakMap<object, T>;
  /** Whether any was set on an object itself. Express may get such an object later, and give it its own prototype. */
  isOnObjects: boolean;
}

/** One value that is remembered of requests or responses. All copies of the library in a process share it by its name. */
export class Attachment<T> {
  readonly #symbol: symbol;
  readonly #shared: Shared<T>;

  constructor(name: string) {
    this.#symbol = Symbol.for(`nestjs-drain.${name}`);
    const all = globalThis as unknown as Held<Shared<T>>;
    this.#shared = all[this.#symbol] ??= {
      held: new Map(),
      beside: new WeakMap(),
      isOnObjects: false,
    };
  }

  of(object: object): T | undefined {
    const onObject = object as Held<T>;
    if (isAsNodeMadeIt(object)) return onObject[this.#symbol];
    const { held, beside, isOnObjects } = this.#shared;
    return (
      held.get(object) ?? beside.get(object) ?? (isOnObjects ? onObject[this.#symbol] : undefined)
    );
  }

  /**
   * As `set`, for objects whose end the caller announces by `drop`. A value in a WeakMap is kept by V8's scavenger until
   * the next full collection, and with it all of its request: 50 µs for each stream on Express.
   */
  hold(object: object, value: T): void {
    if (isAsNodeMadeIt(object)) this.set(object, value);
    else this.#shared.held.set(object, value);
  }

  /** @param isNeeded whether the value may still be asked for */
  drop(object: object, isNeeded: boolean): void {
    const { held } = this.#shared;
    const value = held.get(object);
    if (value === undefined) return;
    held.delete(object);
    if (isNeeded) this.set(object, value);
  }

  set(object: object, value: T): void {
    if (!isAsNodeMadeIt(object)) {
      this.#shared.beside.set(object, value);
      return;
    }
    this.#shared.isOnObjects = true;
    (object as Held<T>)[this.#symbol] = value;
  }
}
