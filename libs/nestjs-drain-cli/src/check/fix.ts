import { isDeepStrictEqual } from 'node:util';
import { isAlias } from 'yaml';
import { type Finding } from './finding.js';
import { type Path } from './manifest-document.js';
import { parseDocuments } from './manifest.js';
import { type Source } from './source.js';
import { splice } from './splice.js';

/** Applies the findings' edits to a source. Everything that is not edited keeps its bytes. */
export function fix(source: Source, findings: readonly Finding[]): Source {
  return findings
    .flatMap(({ edits }) => edits)
    .filter(({ field }) => field.file === source.file)
    .reduce(
      (mended, { field, value }) => apply(mended, field.document.index, field.path, value),
      source,
    );
}

function apply(source: Source, index: number, path: Path, value: unknown): Source {
  const { yaml } = parseDocuments(source)[index] ?? {};
  // Behind an alias the change would reach other places too: that is left to the owner.
  if (!yaml || path.some((_, depth) => isAlias(yaml.getIn(path.slice(0, depth), true))))
    return source;
  const spliced = splice(source.text, yaml, path, value);
  if (value === undefined) yaml.deleteIn(path);
  else yaml.setIn(path, yaml.createNode(value));
  if (spliced !== undefined && holds(spliced, index, yaml.toJS())) {
    return { ...source, text: spliced };
  }
  // Nothing simple: let the library write the whole document anew, comments kept.
  const [from, , to] = yaml.range;
  const text = source.text.slice(0, from) + yaml.toString({ lineWidth: 0 }) + source.text.slice(to);
  return holds(text, index, yaml.toJS()) ? { ...source, text } : source;
}

/** Does the text parse to what the edit was meant to give? */
function holds(text: string, index: number, expected: unknown): boolean {
  try {
    const document = parseDocuments({ file: '', text })[index];
    return isDeepStrictEqual(document?.yaml.toJS(), expected);
  } catch {
    return false;
  }
}
