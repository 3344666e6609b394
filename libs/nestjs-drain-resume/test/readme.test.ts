import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

test('the example of the README runs with nothing else installed', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /<!-- example -->\s+```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const directory = await mkdtemp(join(tmpdir(), 'nestjs-drain-resume-'));
  try {
    const installed = join(directory, 'node_modules', 'nestjs-drain-resume');
    await mkdir(installed, { recursive: true });
    for (const part of ['package.json', 'dist']) {
      await cp(join(root, part), join(installed, part), { recursive: true });
    }
    await writeFile(join(directory, 'example.mjs'), example);
    const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], {
      cwd: directory,
    });
    const rest = 'id: 1\ndata: "two"\n\nid: 2\ndata: "three"\n\nid: 3\ndata: "the end"\n\n';
    expect(stdout.trim()).toBe(`id: 0\ndata: "one"\n\n${rest}\n${rest}`.trim());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
