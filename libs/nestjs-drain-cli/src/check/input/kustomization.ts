import { dirname, join, normalize, sep } from 'node:path';
import { Field } from './field.js';
import { parseDocuments } from './manifest.js';
import { type Source } from './source.js';
import { type Unread } from './unusable-input.js';

/** What a kustomization does with the files that are read, and what it takes from elsewhere. */
export interface Kustomization {
  /** The files that it applies as patches: no resources by themselves. */
  readonly patchFiles: readonly string[];
  /** Changes that stand in the kustomization itself. */
  readonly inline: number;
  /** What it builds from and the input does not hold. */
  readonly missing: readonly Unread[];
}

/** @param isRead whether the input holds a file, or a file in a folder. */
export function readKustomization(
  source: Source,
  isRead: (path: string) => boolean,
): Kustomization[] {
  return parseDocuments(source).map((document) => {
    const root = new Field(document, [], document.value);
    const built = buildsFrom(root).filter(
      (path) => isRemote(path) || !isRead(normalize(join(dirname(source.file), path))),
    );
    const charts = root.at('helmCharts').items.map((chart) => `chart ${chart.at('name').text}`);
    const missing = [...built, ...charts];
    return {
      ...changesOf(root, dirname(source.file)),
      missing:
        missing.length === 0
          ? []
          : [
              {
                file: source.file,
                sentence: `${source.file}: it builds from ${missing.join(', ')}, which the input does not hold: kubectl kustomize ${dirname(source.file)} | nestjs-drain check -`,
              },
            ],
    };
  });
}

/** Is there such a file among those that were read, or a file in such a folder? */
export function reader(sources: readonly Source[]): (path: string) => boolean {
  const files = sources.map(({ file }) => normalize(file));
  return (path) => {
    const folder = path.endsWith(sep) ? path : `${path}${sep}`;
    return files.some((file) => file === path || file.startsWith(folder));
  };
}

const buildsFrom = (root: Field): string[] =>
  ['resources', 'bases', 'components'].flatMap((key) =>
    root.at(key).items.flatMap(({ text }) => text ?? []),
  );

/** An address, `git@host:path`, or a repository's folder with its `//` or `?ref=`. */
const isRemote = (path: string): boolean => /^\w[\w+.-]*:\/\/|^git@|\/\/|\?ref=/.test(path);

/** A patch names a file or is a text of its own. */
function changesOf(root: Field, folder: string): Pick<Kustomization, 'patchFiles' | 'inline'> {
  const patches = [...root.at('patches').items, ...root.at('patchesJson6902').items];
  const named = patches.flatMap((patch) => patch.at('path').text ?? []);
  const merged = root.at('patchesStrategicMerge').items.flatMap(({ text }) => text ?? []);
  const files = merged.filter((text) => !text.includes('\n'));
  const changes = patches.length - named.length + merged.length - files.length;
  return {
    patchFiles: [...named, ...files].map((path) => normalize(join(folder, path))),
    inline: changes + root.at('replicas').items.length,
  };
}
