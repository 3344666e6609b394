import { afterEach, expect, test } from '@jest/globals';
import { readThrough, startExample, type Example } from '../support/example.js';

let example: Example;
afterEach(() => example.stop());

test('a finite answer is whole although SIGTERM arrives in the middle', async () => {
  example = await startExample('sse');
  const response = await fetch(`${example.url}/count/20`);
  const text = await readThrough(response, 'data: 5\n', example.terminate);
  const counted = [...text.matchAll(/^data: (\d+)$/gm)].map(([, n]) => Number(n));
  expect(counted).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  expect(text).not.toContain('event:');
  expect(await example.exited).toBe(0);
});
