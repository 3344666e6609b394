import { type Document, isSeq, visit } from 'yaml';
import { type Finding } from './finding.js';
import { type ManifestDocument } from './manifest-document.js';
import { type Source } from './source.js';

/** Applies the findings' edits to a source; documents without an edit keep every byte. */
export function fix(source: Source, findings: readonly Finding[]): Source {
  const edits = findings.flatMap((finding) => finding.edits);
  const documents = new Set(
    edits.map(({ field }) => field.document).filter(({ file }) => file === source.file),
  );
  for (const { field, value } of edits) {
    if (!documents.has(field.document)) continue;
    if (value === undefined) field.document.yaml.deleteIn(field.path);
    else set(field.document.yaml, field.path, value);
  }
  const last = [...documents].sort((one, other) => start(other) - start(one));
  return { ...source, text: last.reduce(replace, source.text) };
}

/** Sets a value; one that is there keeps its comments and quotes. */
function set(document: Document.Parsed, path: readonly (string | number)[], value: unknown): void {
  document.setIn(path, typeof value === 'object' ? document.createNode(value) : value);
}

const start = ({ yaml }: ManifestDocument): number => yaml.range[0];

function replace(text: string, { yaml }: ManifestDocument): string {
  const [from, , to] = yaml.range;
  const indentSeq = sequencesAreIndented(yaml, text);
  const flowCollectionPadding = !/\{\S/.test(text.slice(from, to));
  const mended = yaml.toString({ lineWidth: 0, indentSeq, flowCollectionPadding });
  const separator = /^---[^\n]*\n/.exec(mended)?.[0] ?? '';
  const rest = text.slice(from, to).startsWith('---') ? mended : mended.slice(separator.length);
  return text.slice(0, from) + rest + text.slice(to);
}

/** Are the dashes of a sequence deeper than the key above them? */
function sequencesAreIndented(document: Document.Parsed, text: string): boolean {
  let indented = true;
  visit(document, {
    Pair(_, { key, value }) {
      const range = (key as { range?: readonly number[] } | null)?.range;
      if (!isSeq(value) || value.flow || !value.range || range?.[0] === undefined) return undefined;
      indented = column(text, value.range[0]) > column(text, range[0]);
      return visit.BREAK;
    },
  });
  return indented;
}

const column = (text: string, offset: number): number =>
  offset - text.lastIndexOf('\n', offset - 1);
