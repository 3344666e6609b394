import { isUtf8 } from 'node:buffer';
import { type Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Unread } from './unusable-input.js';

/** One text that was read: a file, or standard input. */
export interface Source {
  /** The path as the user may open it, or `<stdin>`. */
  readonly file: string;
  readonly text: string;
  /** Its bytes are no UTF-8: the text does not hold them all, and must not be written back. */
  readonly isLossy?: boolean;
}

/** What was read from the paths that the user named, and what could not be. */
export interface Input {
  readonly sources: Source[];
  readonly unread: Unread[];
}

export const standardInput = '<stdin>';

/** Kustomization files steer a build; they are no resources of their own. */
export const isKustomization = (file: string): boolean =>
  /^(kustomization\.ya?ml|Kustomization)$/.test(basename(file));

export const isDockerfile = (file: string): boolean =>
  /^(Dockerfile|Containerfile)(\..+)?$|\.(dockerfile|containerfile)$/i.test(basename(file));

const isManifest = (file: string): boolean => /\.(ya?ml|json)$/.test(file) || isKustomization(file);

/** Folders hold much JSON that is no manifest. */
const isOtherJson = ({ file, text }: Source): boolean =>
  file.endsWith('.json') &&
  !(text.includes('"apiVersion"') && text.includes('"kind"')) &&
  !text.includes('"containerDefinitions"');

/**
 * Reads files, folders (every *.yaml, *.yml and *.json in them, however deep) and `-` (standard
 * input). What cannot be read is listed, never passed over.
 */
export async function readInput(
  paths: readonly string[],
  input: NodeJS.ReadableStream,
): Promise<Input> {
  const found = new Reading();
  for (const path of paths) {
    if (path === '-') found.add({ file: standardInput, text: await text(input) });
    else await found.path(path);
  }
  return { sources: [...found.sources.values()], unread: found.unread };
}

class Reading {
  readonly sources = new Map<string, Source>();
  readonly unread: Unread[] = [];
  /** Real paths of what was read: a link may lead to it once more. */
  private readonly seen = new Set<string>();

  add(source: Source): void {
    this.sources.set(source.file, source);
  }

  async path(path: string): Promise<void> {
    const found = await this.stat(path);
    if (!found) return;
    if (!found.isDirectory()) return this.file(path, found);
    const before = this.sources.size + this.unread.length;
    await this.folder(path);
    if (this.sources.size + this.unread.length === before) {
      this.refuse(path, 'no *.yaml, *.yml or *.json in this folder. Pass your manifests.');
    }
  }

  private async folder(folder: string): Promise<void> {
    if (!(await this.isNew(folder))) return;
    const names = await readdir(folder).catch((error: unknown) => {
      this.refuse(folder, sentence(error));
      return [];
    });
    for (const name of names.sort()) {
      if (name !== 'node_modules' && !name.startsWith('.')) await this.entry(join(folder, name));
    }
  }

  private async entry(path: string): Promise<void> {
    const found = isManifest(path)
      ? await this.stat(path)
      : await stat(path).catch(() => undefined);
    if (found?.isDirectory()) await this.folder(path);
    else if (found && isManifest(path)) await this.file(path, found, isOtherJson);
  }

  private async file(
    path: string,
    found: Stats,
    isOther: (source: Source) => boolean = () => false,
  ): Promise<void> {
    // A pipe that the shell opened, as in `check <(helm template .)`, has a writer; others may have none.
    const isOpenPipe = found.isFIFO() && /^\/(dev|proc\/self)\/fd\//.test(path);
    if (!found.isFile() && !isOpenPipe) {
      this.refuse(path, 'neither a file nor a folder. Pass manifests, or - for stdin.');
      return;
    }
    if (found.isFile() && !(await this.isNew(path))) return;
    try {
      const bytes = await readFile(path);
      const source = { file: path, text: bytes.toString(), isLossy: !isUtf8(bytes) };
      if (!isOther(source)) this.add(source);
    } catch (error) {
      this.refuse(path, sentence(error));
    }
  }

  private async isNew(path: string): Promise<boolean> {
    const real = await realpath(path).catch(() => path);
    if (this.seen.has(real)) return false;
    this.seen.add(real);
    return true;
  }

  private async stat(path: string): Promise<Stats | undefined> {
    return stat(path).catch((error: unknown) => {
      this.refuse(path, sentence(error));
      return undefined;
    });
  }

  private refuse(file: string, reason: string): void {
    this.unread.push({ file, sentence: `${file}: ${reason}` });
  }
}

const sentences: Record<string, string> = {
  ENOENT: 'no such file or folder, or a link to nothing. Pass manifests, or - for stdin.',
  EACCES: 'no permission to read it. Change its mode, or leave it out.',
  EPERM: 'no permission to read it. Change its mode, or leave it out.',
  ELOOP: 'a loop of links. Mend the link, or leave it out.',
};

function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return sentences[code ?? ''] ?? `${message}. Mend it, or leave it out.`;
}
