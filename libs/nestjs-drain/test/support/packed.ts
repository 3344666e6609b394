import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const libraries = fileURLToPath(new URL('../../../', import.meta.url));

/** What an application imports. */
export const packages = ['nestjs-drain', 'nestjs-drain-resume', 'nestjs-drain-client'] as const;
/** What npm gets. */
export const published = [...packages, 'nestjs-drain-cli'] as const;
export type PackageName = (typeof published)[number];

/** Tarballs by package name, as `npm publish` would send them. */
export type Tarballs = Readonly<Record<PackageName, string>>;

const execute = promisify(execFile);

/** Runs a program to its end. Its output is the value, or part of the error. */
export async function run(directory: string, program: string, ...args: string[]): Promise<string> {
  const options = { cwd: directory, maxBuffer: 64 * 1024 * 1024, env: cleanEnvironment() };
  try {
    return (await execute(program, args, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const command = [program, ...args].join(' ');
    throw new Error(`${command} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** Without what npm and Jest tell their children: an application of its own knows nothing of them. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|NODE_OPTIONS|NODE_ENV|JEST_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

export async function pack(destination: string): Promise<Tarballs> {
  const entries = await Promise.all(
    published.map(async (name) => {
      const library = join(libraries, name);
      const file = await run(library, 'npm', 'pack', '--silent', '--pack-destination', destination);
      return [name, join(destination, file.trim())] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<PackageName, string>;
}

export const install = (directory: string, ...what: string[]): Promise<string> =>
  run(directory, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...what);

/** Every name that a program can import: `nestjs-drain`, `nestjs-drain/resume` … */
export async function entriesOf(...names: PackageName[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(libraries, name, 'package.json'), 'utf8');
      const { exports } = JSON.parse(text) as { exports: Record<string, unknown> };
      const paths = Object.keys(exports).filter((path) => path !== './package.json');
      return paths.map((path) => join(name, path));
    }),
  );
  return found.flat();
}
