import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { renderRuleDocs } from './rule-docs.js';

it('docs/check-rules.md is what the rules say (npm run docs:rules -w nestjs-drain-cli)', () => {
  const file = new URL('../../../../docs/check-rules.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(renderRuleDocs());
});
