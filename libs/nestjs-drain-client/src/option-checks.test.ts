import { expect, test } from '@jest/globals';
import { resumeResponses } from './resume-responses.js';
import { resumingFetch } from './resuming-fetch.js';
import { createResumingResponse } from './resuming-response.js';

const wrong: readonly (readonly [unknown, string])[] = [
  [null, 'The options are null; set an object with attempts, '],
  [{ atempts: 1 }, '`atempts` is not an option; known are attempts, shortestPause, '],
  [{ toString: 1 }, '`toString` is not an option; known are attempts'],
  [{ attempts: '3' }, '`attempts` is "3"; set a whole number from 0, or Infinity.'],
  [{ idleTimeout: 30_000 }, '`idleTimeout` is 30000; times are in seconds: set 30 for 30000 ms.'],
  [{ longestPause: 8000 }, '`longestPause` is 8000; times are in seconds: set 8 for 8000 ms.'],
  [{ idleTimeout: '30' }, '`idleTimeout` is "30"; set a number of seconds above 0'],
];

const wrongOfFetch: typeof wrong = [
  ...wrong,
  [
    { position: 'starting-after' },
    '`position` is "starting-after"; set "Last-Event-ID" or "starting_after".',
  ],
  [{ isTerminal: 'done' }, '`isTerminal` is "done"; set a function.'],
  [{ sequenceOf: {} }, '`sequenceOf` is an object; set a function.'],
  [{ resumeUrl: 'http://a/b' }, '`resumeUrl` is "http://a/b"; set a function.'],
  [{ fetch: null }, '`fetch` is null; set a function.'],
  [{ after: 's:4' }, '`after` is "s:4"; set the `id` and the `sequence` of an event.'],
  [
    { attempts: -1, after: {} },
    '`attempts` is -1; set a whole number from 0, or Infinity.\n`after`',
  ],
];

test.each(wrongOfFetch)('%j is refused at once', (options, message) => {
  const problem = expect.objectContaining({
    name: 'RangeError',
    message: expect.stringContaining(message),
  });
  expect(() => resumingFetch('http://localhost/', {}, options as never)).toThrow(problem);
  expect(() => createResumingResponse(options as never)).toThrow(problem);
});

test.each(wrong)('%j is refused at once, for a response', (options, message) => {
  const client = { responses: {} } as never;
  expect(() => resumeResponses(client, {}, options as never)).toThrow(message);
});

test('an option that is undefined is left out', () => {
  const options = { attempts: undefined, isTerminal: undefined, idleTimeout: Infinity } as never;
  expect(() => resumingFetch('http://localhost/', {}, options)).not.toThrow();
});
