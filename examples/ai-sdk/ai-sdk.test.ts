import { afterEach, expect, test } from '@jest/globals';
import { readThrough, startExample, type Example } from '../support/example.js';

let example: Example;
afterEach(() => example.stop());

test('the answer of a model is whole although SIGTERM arrives in the middle', async () => {
  example = await startExample('ai-sdk');
  const response = await fetch(`${example.url}/chat`, { method: 'POST' });
  const text = await readThrough(response, 'word5 ', example.terminate);
  const words = [...text.matchAll(/"delta":"(word\d+) "/g)].map(([, word]) => word);
  expect(words).toEqual(Array.from({ length: 30 }, (_, n) => `word${n}`));
  expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  expect(await example.exited).toBe(0);
});
