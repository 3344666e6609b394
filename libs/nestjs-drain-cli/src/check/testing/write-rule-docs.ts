import { writeFileSync } from 'node:fs';
import { renderRuleDocs } from '../rule-docs.js';
import { fixtureRemedies } from './remedies.js';

const [, , file = ''] = process.argv;
writeFileSync(file, renderRuleDocs(await fixtureRemedies()));
