import { writeFileSync } from 'node:fs';
import { renderRuleDocs } from './rule-docs.js';

const [, , file = ''] = process.argv;
writeFileSync(file, renderRuleDocs());
