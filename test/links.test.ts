import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pages, root } from './support/snippets.js';

const repository = 'https://github.com/nestjs-drain/nestjs-drain/blob/main/';
const decisions = readdirSync(join(root, 'docs/decisions')).map((name) => `docs/decisions/${name}`);
const examples = readdirSync(join(root, 'examples'))
  .map((name) => `examples/${name}/README.md`)
  .filter((file) => existsSync(join(root, file)));

const withoutCode = (file: string): string =>
  readFileSync(join(root, file), 'utf8').replaceAll(/^ *```[^]*?^ *```$/gm, '');

/** The files of this repository that a page links to, with the headings. */
function targetsOf(file: string): { file: string; heading: string | undefined }[] {
  const links = [...withoutCode(file).matchAll(/\]\(([^)\s#]*)(?:#([^)\s]+))?\)/g)];
  return links.flatMap(([, target = '', heading]) => {
    if (target === '') return [{ file, heading }];
    if (target.startsWith(repository)) return [{ file: target.slice(repository.length), heading }];
    return /^[a-z]+:/.test(target) ? [] : [{ file: join(dirname(file), target), heading }];
  });
}

/** The headings of a page as GitHub names them in addresses. */
function headingsOf(file: string): string[] {
  const titles = [...withoutCode(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return titles.map((title) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

test.each([...pages(), ...decisions, ...examples, 'CONTRIBUTING.md', 'SECURITY.md'])(
  'every file and every heading that %s links to exists',
  (page) => {
    const missing = targetsOf(page).filter(({ file, heading }) => {
      if (!existsSync(join(root, file))) return true;
      return heading !== undefined && !headingsOf(file).includes(heading);
    });
    expect(missing).toEqual([]);
  },
);
