import { ConsoleLogger, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { StreamInfo } from '../core/stream.js';
import { defaultFarewell, lastChunk, lastEvent, type Farewell } from './farewell.js';

let lines: { readonly message: string; readonly stack: unknown }[];

beforeEach(() => {
  lines = [];
  const ignore = (): void => undefined;
  const error = (message: string, stack?: unknown): void => void lines.push({ message, stack });
  Logger.overrideLogger({ log: ignore, warn: ignore, error });
});
afterEach(() => {
  Logger.overrideLogger(new ConsoleLogger());
});

/** Each route complains once in a process. */
let routes = 0;
const anyStream = (): StreamInfo => ({ id: '7', route: `GET /${(routes += 1)}` }) as StreamInfo;
const ndjson = () => 'application/x-ndjson';
const messages = () => lines.map(({ message }) => message);

describe('the farewell', () => {
  test('of an event stream is an event, also where it is a text or bytes', () => {
    const stream = anyStream();
    const event = { type: 'bye', data: 'x' };
    expect(lastEvent(event, stream)).toBe(event);
    expect(lastEvent('x', stream)).toEqual({ data: 'x' });
    expect(lastEvent(Buffer.from('x'), stream)).toEqual({ data: 'x' });
    expect(lastEvent(({ id }) => ({ data: { id } }), stream)).toEqual({ data: { id: '7' } });
    expect(lines).toEqual([]);
  });

  test('of another answer is bytes', () => {
    const bytes = Buffer.from('x');
    expect(lastChunk('x', anyStream(), ndjson)).toEqual(bytes);
    expect(lastChunk(bytes, anyStream(), ndjson)).toBe(bytes);
    expect(lastChunk(({ id }) => id, anyStream(), ndjson)).toEqual(Buffer.from('7'));
    expect(lines).toEqual([]);
  });

  test('that a route leaves out is no chunk and no fault', () => {
    expect(lastChunk(defaultFarewell, anyStream(), ndjson)).toBeUndefined();
    expect(lines).toEqual([]);
  });

  test('that throws is logged with its route and stack, once for each route', () => {
    const stream = anyStream();
    const error = new Error('oops');
    const fails: Farewell = () => {
      throw error;
    };
    for (let time = 0; time < 3; time += 1) {
      expect(() => lastEvent(fails, stream)).toThrow('it threw Error: oops');
    }
    expect(() => lastChunk(fails, anyStream(), ndjson)).toThrow();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual({
      message: `Streams of ${stream.route} are cut, because their \`farewell\` fails: it threw Error: oops`,
      stack: error.stack,
    });
  });

  test.each([
    ['resolves', () => Promise.resolve({ data: 'late' })],
    ['rejects, which ends no process', () => Promise.reject(new Error('late'))],
  ])('that is a promise which %s is refused with the remedy', async (_, late) => {
    expect(() => lastEvent(late as never, anyStream())).toThrow('it returned a promise');
    expect(messages()).toEqual([expect.stringMatching(/must answer at once.*farewell: 'handler'/)]);
    await new Promise(setImmediate);
  });

  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['5', 5],
    ['""', ''],
    ['an object', {}],
    ['an object', { type: 'bye' }],
    ['an object', new Uint8Array()],
  ])('that returns %s is refused: %j', (text, words) => {
    for (const send of [lastEvent, lastChunk]) {
      expect(() => send((() => words) as never, anyStream(), ndjson)).toThrow(
        `it returned ${text}. Return a text`,
      );
    }
    expect(lines).toHaveLength(2);
  });

  test.each<[string, Farewell]>([
    ['', { type: 'bye', data: 'x' }],
    ['a function that returns ', () => ({ data: 'x' })],
  ])('that is %san event does not fit into bytes, and the log says what to set', (_, farewell) => {
    expect(() => lastChunk(farewell, anyStream(), ndjson)).toThrow();
    expect(messages()).toEqual([
      expect.stringMatching(
        /is an event, of the route or of the module, which only .* text\/event-stream can carry, and this one is application\/x-ndjson\. Set a text, bytes, or a function/,
      ),
    ]);
  });
});
