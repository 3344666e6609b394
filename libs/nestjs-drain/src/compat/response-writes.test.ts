import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  unwatchWrites,
  watcherOf,
  watchWrites,
  type Write,
  type WriteWatcher,
} from './response-writes.js';

const calls: string[] = [];
beforeEach(() => void (calls.length = 0));

/** A prototype of an application's responses, as Express makes them. */
function application(parent: object = ServerResponse.prototype): { write: Write } {
  return Object.create(parent) as { write: Write };
}

function named(name: string, write: Write = () => true): Write {
  return function (this: object, ...args) {
    calls.push(name);
    return write.apply(this, args);
  };
}

function responseOf(prototype: object): ServerResponse {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  return Object.setPrototypeOf(response, prototype) as ServerResponse;
}

function watch(response: ServerResponse, name = 'watcher'): WriteWatcher {
  const watcher: WriteWatcher = {
    pass: (...args) => {
      calls.push(name);
      return write.apply(response, args);
    },
  };
  const write = watchWrites(response, watcher);
  return watcher;
}

describe('the writes of a response', () => {
  test('pass its watcher once, and not those of other responses', () => {
    const prototype = Object.assign(application(), { write: named('original') });
    const [one, other] = [responseOf(prototype), responseOf(prototype)];
    const watcher = watch(one);
    one.write('');
    other.write('');
    expect(calls).toEqual(['watcher', 'original', 'original']);
    expect([watcherOf(one), watcherOf(other)]).toEqual([watcher, undefined]);
  });

  test('pass it once in an application that is mounted in another, whichever of them streams first', () => {
    for (const order of [0, 1]) {
      const parent = Object.assign(application(), { write: named('original') });
      const responses = [parent, application(parent)].map(responseOf);
      if (order === 1) responses.reverse();
      const watchers = responses.map((response) => watch(response));
      calls.length = 0;
      for (const response of responses) response.write('');
      expect(calls).toEqual(['watcher', 'original', 'watcher', 'original']);
      expect(responses.map(watcherOf)).toEqual(watchers);
    }
  });

  test('pass it once where a mounted application calls the write of its parent', () => {
    const parent = Object.assign(application(), { write: named('original') });
    watch(responseOf(parent), 'of the parent');
    const child = application(parent);
    child.write = named('of the child', parent.write);
    const response = responseOf(child);
    watch(response);
    response.write('');
    expect(calls).toEqual(['watcher', 'of the child', 'original']);
  });

  test('pass what an application puts into its prototype later, and its watcher above that', () => {
    const prototype = Object.assign(application(), { write: named('original') });
    const early = responseOf(prototype);
    watch(early, 'early');
    prototype.write = named('later', prototype.write);
    const late = responseOf(prototype);
    const watcher = watch(late, 'late');
    early.write('');
    expect(calls.splice(0)).toEqual(['later', 'early', 'original']);
    late.write('');
    expect(calls).toEqual(['late', 'later', 'original']);
    expect(watcherOf(late)).toBe(watcher);
  });

  test('pass the function that middleware has put on the response, and its watcher above that', () => {
    for (const prototype of [application(), ServerResponse.prototype]) {
      const response = responseOf(prototype);
      Object.assign(response, { write: named('middleware') });
      const watcher = watch(response);
      response.write('');
      expect(calls.splice(0)).toEqual(['watcher', 'middleware']);
      expect(watcherOf(response)).toBe(watcher);
    }
  });

  test('pass a watcher that is held until it is given up', () => {
    const prototype = Object.assign(application(), { write: named('original') });
    const response = responseOf(prototype);
    const watcher: WriteWatcher = { pass: named('held', prototype.write) };
    watchWrites(response, watcher, true);
    response.write('');
    expect([watcherOf(response), calls.splice(0)]).toEqual([watcher, ['held', 'original']]);
    unwatchWrites(response);
    response.write('');
    expect([watcherOf(response), calls]).toEqual([undefined, ['original']]);
  });
});
