import { dirname, normalize, join } from 'node:path';
import { Field } from './field.js';
import { parseDocuments } from './manifest.js';
import { isKustomization, type Source } from './source.js';

/** The files that the kustomizations among these sources apply as patches: no resources by themselves. */
export function patchFiles(sources: readonly Source[]): Set<string> {
  return new Set(sources.filter(({ file }) => isKustomization(file)).flatMap(patchesOf));
}

function patchesOf(source: Source): string[] {
  const folder = dirname(source.file);
  return parseDocuments(source).flatMap((document) => {
    const root = new Field(document, [], document.yaml.toJS());
    const named = [
      ...root.at('patches').items.map((patch) => patch.at('path').text),
      ...root.at('patchesJson6902').items.map((patch) => patch.at('path').text),
      ...root.at('patchesStrategicMerge').items.map((patch) => patch.text),
    ];
    return named.flatMap((path) => (path ? [normalize(join(folder, path))] : []));
  });
}
