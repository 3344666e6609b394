import { IncomingMessage, ServerResponse } from 'node:http';
import { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

const ofNode: ReadonlySet<unknown> = new Set(
  [IncomingMessage, ServerResponse, Http2ServerRequest, Http2ServerResponse].map(
    ({ prototype }) => prototype as unknown,
  ),
);

/**
 * Whether a request or response is as Node made it. Express gives each one another prototype, and with it a shape of its
 * own: one more property costs such a request some 30 000 instructions, more than a WeakMap. Where all have one shape,
 * the WeakMap is dearer (`npm run bench -- --only instructions`).
 */
export function isAsNodeMadeIt(object: object): boolean {
  return ofNode.has(Object.getPrototypeOf(object));
}

type Held<T> = Record<symbol, T | undefined>;

/** One value that is remembered of requests or responses. All copies of the library in a process share it by its name. */
export class Attachment<T> {
  readonly #symbol: symbol;
  readonly #beside: WeakMap<object, T>;

  constructor(name: string) {
    this.#symbol = Symbol.for(`nestjs-drain.${name}`);
    const shared = globalThis as unknown as Held<WeakMap<object, T>>;
    this.#beside = shared[this.#symbol] ??= new WeakMap();
  }

  of(object: object): T | undefined {
    if (isAsNodeMadeIt(object)) return (object as Held<T>)[this.#symbol];
    return this.#beside.get(object);
  }

  set(object: object, value: T): void {
    if (isAsNodeMadeIt(object)) (object as Held<T>)[this.#symbol] = value;
    else this.#beside.set(object, value);
  }
}
