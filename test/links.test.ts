import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pages, root } from './support/snippets.js';

const repository = 'https://github.com/nestjs-drain/nestjs-drain/blob/main/';
const decisions = readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`);
const examples = readdirSync(join(root, 'examples'))
  .map((name) => `examples/${name}/README.md`)
  .filter((file) => existsSync(join(root, file)));

/** The files of this repository that a page links to. */
function targetsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^ *```[^]*?^ *```$/gm, '');
  const links = [...text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target ?? '');
  return links.flatMap((target) => {
    if (target.startsWith(repository)) return [target.slice(repository.length)];
    return /^[a-z]+:/.test(target) ? [] : [join(dirname(file), target)];
  });
}

test.each([...pages(), ...decisions, ...examples, 'CONTRIBUTING.md', 'SECURITY.md'])(
  'every file that %s links to exists',
  (file) => {
    const missing = targetsOf(file).filter((target) => !existsSync(join(root, target)));
    expect(missing).toEqual([]);
  },
);
