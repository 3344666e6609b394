import type { ServerResponse } from 'node:http';
import { isAsNodeMadeIt } from './attachment.js';

export type Write = (chunk: unknown, encoding?: unknown, callback?: unknown) => boolean;

interface Writer {
  write: Write;
}

/** Gets each write of a response, and passes it on to the function that `watchWrites` has returned. */
export interface WriteWatcher {
  pass: Write;
}

const WATCHER = Symbol('nestjs-drain.WriteWatcher');

interface Watched extends Writer {
  [WATCHER]?: WriteWatcher;
}

/** Our function in the prototype of an application's responses. */
interface Replacement {
  /** What the prototype had, or inherited. */
  readonly before: Write;
  readonly ours: Write;
  /** Of the responses that this function passes on. One that it inherits passes them through. */
  readonly watchers: WeakMap<object, WriteWatcher>;
  /** Those until `unwatchWrites` (see `Attachment.hold`). */
  readonly held: Map<object, WriteWatcher>;
}

const replacements = new WeakMap<object, Replacement>();
/** One for each application: a response may be given another prototype on its way. */
const everyReplacement = new Set<Replacement>();

/**
 * Lets `watcher` see all writes of a response. Express' responses inherit from a prototype of their application
 * (`app.response`), which holds the function for all of them; there a property of each would be dear (`isAsNodeMadeIt`).
 * A response whose `write` other code has replaced, its own or that of its prototype, gets ours above that one.
 * @param isHeld whether `unwatchWrites` will follow
 * @returns what wrote before
 */
export function watchWrites(
  response: ServerResponse,
  watcher: WriteWatcher,
  isHeld = false,
): Write {
  if (!isAsNodeMadeIt(response) && !Object.hasOwn(response, 'write')) {
    const prototype = Object.getPrototypeOf(response) as Writer;
    const { before, ours, watchers, held } = replacements.get(prototype) ?? replaceIn(prototype);
    if (prototype.write === ours) {
      (isHeld ? held : watchers).set(response, watcher);
      return before;
    }
  }
  const own = response as unknown as Watched;
  const { write } = own;
  own[WATCHER] = watcher;
  own.write = writeWatched;
  return write;
}

export function watcherOf(response: ServerResponse): WriteWatcher | undefined {
  const replacement = replacements.get(Object.getPrototypeOf(response) as object);
  return (
    replacement?.held.get(response) ??
    replacement?.watchers.get(response) ??
    (response as unknown as Watched)[WATCHER]
  );
}

/** The response is closed. */
export function unwatchWrites(response: ServerResponse): void {
  for (const { held } of everyReplacement) held.delete(response);
}

/** One function for all: with a closure for each, V8 would give each response a shape of its own. */
function writeWatched(this: Watched, ...[chunk, encoding, callback]: Parameters<Write>): boolean {
  return this[WATCHER]!.pass(chunk, encoding, callback);
}

function replaceIn(prototype: Writer): Replacement {
  const { write: before } = prototype;
  const watchers = new WeakMap<object, WriteWatcher>();
  const held = new Map<object, WriteWatcher>();
  const ours: Write = function (this: object, chunk, encoding, callback) {
    const watcher = held.get(this) ?? watchers.get(this);
    if (watcher) return watcher.pass(chunk, encoding, callback);
    return before.call(this, chunk, encoding, callback);
  };
  const replacement = { before, ours, watchers, held };
  replacements.set(prototype, replacement);
  everyReplacement.add(replacement);
  prototype.write = ours;
  return replacement;
}
