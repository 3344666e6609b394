import { dirname, normalize, join } from 'node:path';
import { Field } from './field.js';
import { parseDocuments } from './manifest.js';
import { type Source } from './source.js';

/** The files that a kustomization applies as patches: no resources by themselves. */
export function patchFiles(source: Source): string[] {
  const folder = dirname(source.file);
  return parseDocuments(source).flatMap((document) => {
    const root = new Field(document, [], document.value);
    const named = [
      ...root.at('patches').items.map((patch) => patch.at('path').text),
      ...root.at('patchesJson6902').items.map((patch) => patch.at('path').text),
      ...root.at('patchesStrategicMerge').items.map((patch) => patch.text),
    ];
    return named.flatMap((path) => (path ? [normalize(join(folder, path))] : []));
  });
}
