import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { labelled } from '../../../testing/labelled.js';

const folder = dirname(fileURLToPath(import.meta.url));
const nodeGlobals = /\b(process|Buffer|setImmediate|require|__dirname|__filename|global)\b\s*[.([]/;

/** A module and everything it imports, by path. */
function graph(path: string, found = new Map<string, string>()): Map<string, string> {
  if (found.has(path)) return found;
  const source = readFileSync(path, 'utf8');
  found.set(path, source);
  for (const [, specifier = ''] of source.matchAll(/from '([^']+)'/g)) {
    if (specifier.startsWith('.')) {
      graph(join(dirname(path), specifier.replace(/\.js$/, '.ts')), found);
    } else found.set(specifier, '');
  }
  return found;
}

it('the client imports nothing but itself and uses nothing that only Node has', () => {
  const modules = graph(join(folder, 'index.ts'));
  expect([...modules.keys()].filter((path) => !path.endsWith('.ts'))).toEqual([]);
  for (const [path, source] of modules)
    labelled(path, () => expect(source).not.toMatch(nodeGlobals));
  const own = readdirSync(folder).filter((name) => !name.endsWith('.test.ts'));
  for (const name of own) labelled(name, () => expect(modules.has(join(folder, name))).toBe(true));
});
