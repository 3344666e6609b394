import { expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from './duration.js';

it.each([
  ['300ms', 300],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['3', 3000],
])('reads the duration %s', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

it.each(['', 's', '-1s', '1 day', 'Infinity'])('refuses the duration %j', (text) => {
  expect(() => parseDuration(text)).toThrow(/write 300ms, 1.5s or 2m/);
});

it.each([
  [7.2, '8 ms'],
  [99, '99 ms'],
  [99.5, '0.1 s'],
  [1301, '1.4 s'],
  [2000, '2 s'],
])('never understates %d ms', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
