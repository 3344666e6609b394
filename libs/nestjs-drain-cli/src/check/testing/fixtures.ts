import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check, type CheckReport } from '../check.js';
import { type Source } from '../input/source.js';

const folder = new URL('../../../test/fixtures/check/', import.meta.url);

/** The manifest with one fault that the rule is there for. */
export function fixture(rule: string): Source {
  const file = fileURLToPath(new URL(`${rule}.yaml`, folder));
  return { file, text: readFileSync(file, 'utf8') };
}

export const fixtureFolder = fileURLToPath(folder);

export const checkSource = (...sources: Source[]): Promise<CheckReport> =>
  check({ sources, unread: [] });

export const checkText = (text: string): Promise<CheckReport> =>
  checkSource({ file: 'some.yaml', text });
