import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const library = fileURLToPath(new URL('..', import.meta.url));
const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));
const workspace = mkdtempSync(join(tmpdir(), 'nestjs-drain-consumers-'));

const run = (directory: string, command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: directory, encoding: 'utf8', stdio: 'pipe' });

/** An application of its own, outside the repository, that installed the packed library. */
function installConsumer(name: string, nest: number, type: 'module' | 'commonjs'): string {
  const directory = join(workspace, name);
  mkdirSync(directory);
  const dependencies = Object.fromEntries(
    ['common', 'core', 'platform-express', 'terminus'].map((part) => [
      `@nestjs/${part}`,
      `^${nest}.0.0`,
    ]),
  );
  const manifest = {
    name,
    private: true,
    type,
    dependencies: {
      ...dependencies,
      'nestjs-drain': `file:${join(workspace, tarball())}`,
      'reflect-metadata': '^0.2.0',
      rxjs: '^7.8.0',
      '@types/node': '^20.0.0',
    },
  };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  cpSync(
    join(library, 'test/fixtures/consumers/application.ts'),
    join(directory, 'application.ts'),
  );
  run(directory, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline');
  run(
    directory,
    process.execPath,
    compiler,
    'application.ts',
    '--ignoreConfig',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--skipLibCheck',
    'false',
    '--experimentalDecorators',
    '--emitDecoratorMetadata',
  );
  return directory;
}

let packed: string | undefined;
function tarball(): string {
  packed ??= run(library, 'npm', 'pack', '--silent', '--pack-destination', workspace).trim();
  return packed;
}

async function firstLine(child: ChildProcess, lines: string[], pattern: RegExp): Promise<string> {
  if (!child.stdout) throw new Error('the consumer has no output');
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (pattern.test(line)) return line;
  }
  throw new Error(`the consumer ended without ${pattern.source}:\n${lines.join('\n')}`);
}

describe.each([
  { name: 'nest-12-esm', nest: 12, type: 'module' as const },
  { name: 'nest-11-cjs', nest: 11, type: 'commonjs' as const },
])('the packed library in $name', ({ name, nest, type }) => {
  let directory: string;

  beforeAll(() => {
    directory = installConsumer(name, nest, type);
  }, 180_000);

  test('type-checks, drains a stream on SIGTERM, and only then destroys providers', async () => {
    const lines: string[] = [];
    const child = spawn(process.execPath, ['application.js'], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const line = await firstLine(child, lines, /^listening/);
    const output = createInterface(child.stdout);
    output.on('line', (text) => lines.push(text));
    const response = await fetch(`${line.slice('listening '.length)}/count`);
    child.kill('SIGTERM');
    const body = await response.text();
    const [, signal] = (await exited) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe('SIGTERM');
    expect(body).toContain('data: 19');
    expect(lines.slice(-2)).toEqual(['afterDrain drained', 'onModuleDestroy with 0 streams']);
    expect(lines).toContain('counting open');
  });
});

test('the packed library contains only what it is made of', () => {
  const listing = run(workspace, 'tar', '-tzf', tarball()).trim().split('\n');
  const foreign = listing.filter(
    (file) =>
      !/^package\/(dist\/(esm|cjs)\/|LICENSE$|package\.json$|PROTOCOL\.md$|CHANGELOG\.md$|README\.md$)/.test(
        file,
      ),
  );
  expect(foreign).toEqual([]);
  expect(listing.some((file) => file.includes('.test.'))).toBe(false);
});

afterAll(() => rmSync(workspace, { recursive: true, force: true }));
