import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { renderRuleDocs } from '../rule-docs.js';
import { fixtureRemedies } from './remedies.js';

it('docs/check-rules.md is what the rules and their fixtures say (npm run docs:rules -w nestjs-drain-cli)', async () => {
  const file = new URL('../../../../../docs/check-rules.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(renderRuleDocs(await fixtureRemedies()));
});
