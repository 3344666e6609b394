import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Scalar,
  stringify,
  type YAMLMap,
} from 'yaml';
import { type Path } from './manifest-document.js';

/**
 * The text with one field set (or, for undefined, removed), touching nothing around it.
 * Undefined where that is not simple: block scalars, empty or removed flow collections.
 */
export function splice(
  text: string,
  document: Document.Parsed,
  path: Path,
  value: unknown,
): string | undefined {
  const target = document.getIn(path, true);
  if (value === undefined) return remove(text, document, path);
  if (isScalar(target)) return replace(text, target, value);
  return target === undefined ? add(text, document, path, value) : undefined;
}

function replace(text: string, node: Scalar, value: unknown): string | undefined {
  if (!node.range || node.type?.startsWith('BLOCK')) return undefined;
  const scalar = new Scalar(value);
  if (node.type && typeof value === 'string') scalar.type = node.type;
  const [from, to] = node.range;
  return text.slice(0, from) + write(scalar) + text.slice(to);
}

function remove(text: string, document: Document.Parsed, path: Path): string | undefined {
  const parent = document.getIn(path.slice(0, -1), true);
  if (!isMap(parent) || parent.flow || parent.items.length < 2) return undefined;
  const pair = pairOf(parent, path.at(-1));
  if (!isNode(pair?.key) || !pair.key.range) return undefined;
  const from = text.lastIndexOf('\n', pair.key.range[0]) + 1;
  if (text.slice(from, pair.key.range[0]).trim() !== '') return undefined;
  return text.slice(0, from) + text.slice(lineEnd(text, endOf(pair.value, from)));
}

const pairOf = (map: YAMLMap, key: string | number | undefined) =>
  map.items.find((each) => isScalar(each.key) && each.key.value === key);

/** Appends to the nearest collection that is there, with the maps in between. */
function add(
  text: string,
  document: Document.Parsed,
  path: Path,
  value: unknown,
): string | undefined {
  let depth = path.length - 1;
  while (depth > 0 && !document.hasIn(path.slice(0, depth))) depth -= 1;
  const parent = document.getIn(path.slice(0, depth), true);
  if (!(isMap(parent) || isSeq(parent)) || !parent.range || parent.items.length === 0)
    return undefined;
  const nested = path
    .slice(depth + 1)
    .reduceRight<unknown>((inner, step) => (step === 0 ? [inner] : { [step]: inner }), value);
  const added = isSeq(parent) ? [nested] : { [String(path[depth])]: nested };
  const last = parent.items.at(-1);
  const end = endOf(isSeq(parent) ? last : (last as { value?: unknown }).value, parent.range[1]);
  if (parent.flow) return `${text.slice(0, end)}, ${inner(added)}${text.slice(end)}`;
  const indent = ' '.repeat(parent.range[0] - text.lastIndexOf('\n', parent.range[0] - 1) - 1);
  const lines = write(added).replaceAll(/^/gm, indent);
  const at = lineEnd(text, end);
  const gap = text[at - 1] === '\n' ? '' : '\n';
  return `${text.slice(0, at)}${gap}${lines}\n${text.slice(at)}`;
}

const write = (value: unknown): string =>
  stringify(value, { lineWidth: 0, singleQuote: true }).trimEnd();

/** A one-entry collection in flow style, without its brackets. */
const inner = (added: object): string =>
  stringify(added, { collectionStyle: 'flow', lineWidth: 0, singleQuote: true })
    .trim()
    .slice(1, -1)
    .trim();

const endOf = (node: unknown, otherwise: number): number =>
  isNode(node) && node.range ? node.range[1] : otherwise;

/** The start of the line after this offset. */
function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === '\n') return offset;
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}
