import { isDeepStrictEqual } from 'node:util';
import { type Document, isAlias, isNode } from 'yaml';
import { type Finding } from '../finding.js';
import { type Path } from '../input/manifest-document.js';
import { parseDocuments } from '../input/manifest.js';
import { type Source } from '../input/source.js';
import { type Edit } from '../rule.js';
import { splice } from './splice.js';

export interface Mended extends Source {
  readonly mended: readonly Finding[];
}

/**
 * Applies the findings' edits to a source. Everything that is not edited keeps its bytes; a finding
 * whose place cannot be edited so is left as it is, whole, and so is a source whose bytes the text does not hold.
 */
export function fix(source: Source, findings: readonly Finding[]): Mended {
  if (source.isLossy) return { ...source, mended: [] };
  return findings
    .filter(({ edits }) => edits.length > 0)
    .filter(({ edits }) => edits.every(({ field }) => field.file === source.file))
    .reduce<Mended>(
      ({ mended, ...before }, finding) => {
        const after = applyAll(before, finding.edits);
        return after ? { ...after, mended: [...mended, finding] } : { ...before, mended };
      },
      { ...source, mended: [] },
    );
}

function applyAll(source: Source, edits: readonly Edit[]): Source | undefined {
  return edits.reduce<Source | undefined>((mended, edit) => mended && apply(mended, edit), source);
}

/** The source with one edit; undefined where only a rewriting could make it. */
function apply(source: Source, { field, value }: Edit): Source | undefined {
  const { index } = field.document;
  const documents = parseDocuments(source);
  const yaml = documents[index]?.yaml;
  if (!yaml || isShared(yaml, field.path)) return undefined;
  const text = splice(source.text, yaml, field.path, value);
  if (text === undefined) return undefined;
  if (value === undefined) yaml.deleteIn(field.path);
  else yaml.setIn(field.path, yaml.createNode(value));
  const expected = documents.map((each): unknown =>
    each.index === index ? yaml.toJS() : each.value,
  );
  return holds(text, expected) ? { ...source, text } : undefined;
}

/** Behind an alias, or in what an anchor names, the change would reach other places too. */
function isShared(yaml: Document.Parsed, path: Path): boolean {
  const nodes = [...path.keys(), path.length].map((depth) =>
    yaml.getIn(path.slice(0, depth), true),
  );
  return nodes.some((node) => isAlias(node) || (isNode(node) && 'anchor' in node && node.anchor));
}

/** Does the text parse to what the edit was meant to give, in this document and all others? */
function holds(text: string, expected: readonly unknown[]): boolean {
  try {
    const documents = parseDocuments({ file: '', text });
    return isDeepStrictEqual(
      documents.map(({ value }) => value),
      expected,
    );
  } catch {
    return false;
  }
}
