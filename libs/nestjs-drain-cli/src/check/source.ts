import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { UnusableInputError } from './unusable-input.js';

/** One text that was read: a file, or standard input. */
export interface Source {
  /** The path as the user may open it, or `<stdin>`. */
  readonly file: string;
  readonly text: string;
}

export const standardInput = '<stdin>';

/** Kustomization files steer a build; they are no resources of their own. */
export const isKustomization = (file: string): boolean =>
  /^(kustomization\.ya?ml|Kustomization)$/.test(basename(file));

/**
 * Reads files, folders (every *.yaml and *.yml in them, however deep) and `-` (standard input).
 * @throws UnusableInputError when a path does not exist or a folder holds no YAML.
 */
export async function readSources(
  paths: readonly string[],
  input: NodeJS.ReadableStream,
): Promise<Source[]> {
  const sources = new Map<string, Source>();
  for (const path of paths) {
    const found = path === '-' ? [await readInput(input)] : await readPath(path);
    for (const source of found) sources.set(source.file, source);
  }
  return [...sources.values()];
}

async function readInput(input: NodeJS.ReadableStream): Promise<Source> {
  return { file: standardInput, text: await text(input) };
}

async function readPath(path: string): Promise<Source[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw new UnusableInputError(
      `${path}: no such file or folder. Pass manifests, or - for stdin.`,
    );
  }
  if (!found.isDirectory()) return [await readOne(path)];
  const files = await filesOf(path);
  if (files.length === 0) {
    throw new UnusableInputError(
      `${path}: no *.yaml or *.yml in this folder. Pass your manifests.`,
    );
  }
  return Promise.all(files.map(readOne));
}

async function readOne(file: string): Promise<Source> {
  return { file, text: await readFile(file, 'utf8') };
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const hidden = (name: string) =>
    name.split(sep).some((part) => part === 'node_modules' || part.startsWith('.'));
  return names
    .filter((name) => (/\.ya?ml$/.test(name) || isKustomization(name)) && !hidden(name))
    .sort()
    .map((name) => join(folder, name));
}
