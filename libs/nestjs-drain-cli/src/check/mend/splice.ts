import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Scalar,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Path } from '../input/manifest-document.js';
import { type Style, styleOf } from './style.js';

/**
 * The text with one field set (or, for undefined, removed), touching nothing around it and in the
 * style around it. Undefined where that is not simple: block scalars, collections to replace.
 */
export function splice(
  text: string,
  document: Document.Parsed,
  path: Path,
  value: unknown,
): string | undefined {
  if (value === undefined) return remove(text, document, path);
  const style = styleOf(text);
  const target = document.getIn(path, true);
  if (isScalar(target)) return replace(text, target, value, style);
  return target === undefined ? add(text, document, path, value, style) : undefined;
}

function replace(text: string, node: Scalar, value: unknown, style: Style): string | undefined {
  if (!node.range || node.type?.startsWith('BLOCK')) return undefined;
  if (typeof value === 'object') return undefined;
  const scalar = new Scalar(value);
  if (node.type && typeof value === 'string') scalar.type = node.type;
  const [from, to] = node.range;
  const written = node.type === 'QUOTE_DOUBLE' ? JSON.stringify(value) : write(scalar, style);
  // A key without a value has no text of its own.
  const space = from === to && text[from - 1] === ':' ? ' ' : '';
  return text.slice(0, from) + space + written + text.slice(to);
}

function remove(text: string, document: Document.Parsed, path: Path): string | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const index = parent.items.findIndex(
    (each) => isScalar(each.key) && each.key.value === path.at(-1),
  );
  const pair = parent.items[index];
  if (!isNode(pair?.key) || !pair.key.range) return undefined;
  const from = pair.key.range[0];
  const to = endOf(pair.value, from);
  if (parent.flow) return removeFromFlow(text, from, to, index === parent.items.length - 1);
  if (parent.items.length < 2) return undefined;
  const start = text.lastIndexOf('\n', from) + 1;
  if (text.slice(start, from).trim() !== '') return undefined;
  return text.slice(0, start) + text.slice(lineEnd(text, to));
}

/** Takes the comma along: the one behind, or of the last pair the one before. */
function removeFromFlow(
  text: string,
  from: number,
  to: number,
  isLast: boolean,
): string | undefined {
  if (!isLast) {
    const [comma] = /^\s*,\s*/.exec(text.slice(to)) ?? [];
    return comma === undefined ? undefined : text.slice(0, from) + text.slice(to + comma.length);
  }
  const [before = ''] = /,?\s*$/.exec(text.slice(0, from)) ?? [];
  const kept = before.startsWith(',') || !before.includes('\n') ? before.length : 0;
  return text.slice(0, from - kept) + text.slice(to);
}

/** Appends to the nearest collection that is there, with the maps in between. */
function add(
  text: string,
  document: Document.Parsed,
  path: Path,
  value: unknown,
  style: Style,
): string | undefined {
  let depth = path.length - 1;
  while (depth > 0 && !document.hasIn(path.slice(0, depth))) depth -= 1;
  const parent = document.getIn(path.slice(0, depth), true);
  const nested = path
    .slice(depth + 1)
    .reduceRight<unknown>((inner, step) => (step === 0 ? [inner] : { [step]: inner }), value);
  if (isScalar(parent) && parent.value === null) return undefined;
  if (!(isMap(parent) || isSeq(parent)) || !parent.range) return undefined;
  const key = isSeq(parent) ? undefined : String(path[depth]);
  if (parent.flow) return addToFlow(text, parent, key, nested);
  const added = key === undefined ? [nested] : { [key]: nested };
  return parent.items.length > 0 ? addToBlock(text, parent, added, style) : undefined;
}

function addToBlock(
  text: string,
  parent: YAMLMap | YAMLSeq,
  added: unknown,
  style: Style,
): string | undefined {
  const start = parent.range?.[0] ?? 0;
  const indent = ' '.repeat(start - text.lastIndexOf('\n', start - 1) - 1);
  const lines = write(added, style).replaceAll(/^/gm, indent).replaceAll('\n', style.newline);
  const at = lineEnd(text, endOf(lastOf(parent), parent.range?.[1] ?? start));
  const gap = at > 0 && text[at - 1] !== '\n' ? style.newline : '';
  return `${text.slice(0, at)}${gap}${lines}${style.newline}${text.slice(at)}`;
}

/** In JSON's style, on a line of its own, where the pairs around it are written so. */
function addToFlow(
  text: string,
  parent: YAMLMap | YAMLSeq,
  key: string | undefined,
  value: unknown,
): string {
  const [from, to] = parent.range ?? [0, 0];
  const inside = text.slice(from + 1, to - 1);
  const isJson = /^\s*"/.test(inside) || /"\s*:\s*[[{]\s*[}\]]?$/.test(text.slice(0, from + 1));
  const isTight = isJson && !/[:,]\s/.test(inside);
  const pair = isJson ? jsonPair(key, value, isTight) : flowPair(key, value);
  if (parent.items.length === 0) {
    const space = isJson && inside === '' ? '' : ' ';
    return `${text.slice(0, from + 1)}${space}${pair}${space}${text.slice(to - 1)}`;
  }
  const end = endOf(lastOf(parent), to - 1);
  const [gap = isTight ? '' : ' '] = /^\r?\n[ \t]*/.exec(inside) ?? [];
  return `${text.slice(0, end)},${gap}${pair}${text.slice(end)}`;
}

const jsonPair = (key: string | undefined, value: unknown, isTight: boolean): string =>
  (key === undefined ? '' : `${JSON.stringify(key)}:${isTight ? '' : ' '}`) + JSON.stringify(value);

/** A one-entry collection in flow style, without its brackets. */
const flowPair = (key: string | undefined, value: unknown): string =>
  stringify(key === undefined ? [value] : { [key]: value }, {
    collectionStyle: 'flow',
    lineWidth: 0,
    singleQuote: true,
  })
    .trim()
    .slice(1, -1)
    .trim();

const write = (value: unknown, { indent, indentSeq }: Style): string =>
  stringify(value, { lineWidth: 0, singleQuote: true, indent, indentSeq }).trimEnd();

const lastOf = (parent: YAMLMap | YAMLSeq): unknown => {
  const last = parent.items.at(-1);
  if (isSeq(parent)) return last;
  const { key, value } = last as { key: unknown; value?: unknown };
  return isNode(value) && value.range ? value : key;
};

const endOf = (node: unknown, otherwise: number): number =>
  isNode(node) && node.range ? node.range[1] : otherwise;

/** The start of the line after this offset. */
function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}
