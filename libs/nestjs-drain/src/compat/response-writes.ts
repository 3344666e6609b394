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

/** Of the responses whose prototype holds the function. */
const watchers = new WeakMap<object, WriteWatcher>();
/** The `write` that the prototype of an application's responses had, by the prototype. */
const replaced = new WeakMap<object, Write>();

/**
 * Lets `watcher` see all writes of a response. Express' responses inherit from a prototype of their application
 * (`app.response`), which holds the function for all of them; there a property of each would be dear (`isAsNodeMadeIt`).
 * A response whose `write` other code has replaced gets ours above that one.
 * @returns what wrote before
 */
export function watchWrites(response: ServerResponse, watcher: WriteWatcher): Write {
  const prototype = Object.getPrototypeOf(response) as Writer;
  if (!isAsNodeMadeIt(response) && !Object.hasOwn(response, 'write')) {
    watchers.set(response, watcher);
    return replaced.get(prototype) ?? replaceIn(prototype);
  }
  const own = response as unknown as Watched;
  const { write } = own;
  own[WATCHER] = watcher;
  own.write = writeWatched;
  return write;
}

export function watcherOf(response: ServerResponse): WriteWatcher | undefined {
  return watchers.get(response) ?? (response as unknown as Watched)[WATCHER];
}

/** One function for all: with a closure for each, V8 would give each response a shape of its own. */
function writeWatched(this: Watched, ...[chunk, encoding, callback]: Parameters<Write>): boolean {
  return this[WATCHER]!.pass(chunk, encoding, callback);
}

function replaceIn(prototype: Writer): Write {
  const { write } = prototype;
  replaced.set(prototype, write);
  prototype.write = function (this: object, chunk, encoding, callback) {
    const watcher = watchers.get(this);
    if (watcher) return watcher.pass(chunk, encoding, callback);
    return write.call(this, chunk, encoding, callback);
  };
  return write;
}
