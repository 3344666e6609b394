import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loggedEnd, loggedEvent, loggedFailure, readLogged } from './logged.js';

const message = fc.record(
  {
    type: fc.string(),
    data: fc.jsonValue().filter((data) => data !== null),
    retry: fc.nat(),
  },
  { requiredKeys: ['data'] },
);

describe('a logged event', () => {
  test('is read as it was emitted, as far as JSON can say it', () => {
    const law = fc.property(message, (emitted) => {
      const logged = loggedEvent(emitted) ?? '';
      const event = JSON.parse(JSON.stringify(emitted)) as object;
      expect(readLogged(logged)).toEqual({ kind: 'event', event });
    });
    fc.assert(law, { numRuns: 300 });
  });

  test('takes one character more than its data, where it has nothing else', () => {
    expect(loggedEvent({ data: { delta: 'a' } })).toBe('d{"delta":"a"}');
    expect(loggedEvent('text')).toBe('d"text"');
    expect(loggedEvent({ data: 1, type: 'token' })).toBe('m{"data":1,"type":"token"}');
  });

  test('is put into JSON once, whatever it has besides its data', () => {
    let calls = 0;
    const data = { toJSON: () => (calls += 1) };
    expect(loggedEvent({ data, retry: 5 })).toBe('m{"data":1,"retry":5}');
    expect(loggedEvent({ data, type: () => 'nothing' })).toBe('m{"data":2}');
    expect(calls).toBe(2);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a heartbeat', { comment: 'still there' }],
    ['a function', { data: () => 1 }],
    ['what says that it has no JSON', { data: { toJSON: () => undefined } }],
  ])('is not %s: a client would not dispatch it', (_, emitted) => {
    expect(loggedEvent(emitted)).toBeUndefined();
  });

  test('is not taken for an end, or a failure, whatever it says', () => {
    for (const text of ['e', 'f', '{"end":true}']) {
      expect(readLogged(loggedEvent(text) ?? '').kind).toBe('event');
    }
    expect(readLogged(loggedEnd)).toEqual({ kind: 'end' });
    const failed = { kind: 'failure', event: { type: 'error', data: 'Internal server error' } };
    expect(readLogged(loggedFailure(new Error('secret'), undefined))).toEqual(failed);
  });
});
