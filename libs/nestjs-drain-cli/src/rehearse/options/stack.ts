import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What the service is written with, as far as its command and its package.json say. */
export type Stack = 'nestjs-drain' | 'node' | 'other';

const nodePrograms = /^(?:node|npm|npx|yarn|pnpm|bun|tsx|ts-node|nest)$/;

/** Looks at the command's program and at the package.json next to what it starts. */
export async function stackOf(command: readonly string[], directory: string): Promise<Stack> {
  const program = command[0]?.split('/').at(-1) ?? '';
  if (!nodePrograms.test(program)) return 'other';
  const script = await scriptOf(command, directory);
  const manifest = await nearestManifest(script ? dirname(script) : resolve(directory));
  const names = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies });
  return names.includes('nestjs-drain') ? 'nestjs-drain' : 'node';
}

async function scriptOf(command: readonly string[], directory: string) {
  for (const part of command.slice(1)) {
    const file = resolve(directory, part);
    const found = await stat(file).catch(() => undefined);
    if (found?.isFile()) return file;
  }
  return undefined;
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

async function nearestManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? undefined : nearestManifest(parent);
  }
}
