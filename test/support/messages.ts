import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from './snippets.js';

/** The libraries that run in an application's processes. The command line has pages of its own. */
const libraries = ['nestjs-drain', 'nestjs-drain-resume', 'nestjs-drain-client'];

export interface Message {
  /** `file:line` of the source. */
  readonly place: string;
  /** With `…` for what is known only when it is written. */
  readonly text: string;
}

/** Every text of the libraries' source. */
export function readTexts(): Message[] {
  return libraries.flatMap((library) => sourcesOf(`libs/${library}/src`)).flatMap(textsOf);
}

/** A text for people: a sentence of at least five words, up to its full stop or the stack behind it. */
export const isSentence = ({ text }: Message): boolean =>
  /\.(\s*…)?$/.test(text) && text.split(/\s+/).length >= 5;

/** What two spellings of one text have in common. */
export const normal = (text: string): string =>
  text
    .replaceAll(/(…\s?)*…/g, '…')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Metrics explain themselves in docs/observability.md, Redis' scripts and pages are no texts. */
const others = /\.test\.ts$|\/testing\/|metric-definitions|page-template|scripts\.ts$/;

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((file) => file.endsWith('.ts') && !others.test(file));
}

function textsOf(file: string): Message[] {
  const code = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, code, ts.ScriptTarget.ES2022, true);
  const found: Message[] = [];
  const visit = (node: ts.Node): void => {
    const text = textOf(node);
    if (text !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ place: `${file}:${line + 1}`, text: normal(text) });
    }
    // The parts of a text that is put together are none of their own; what stands in a gap may be.
    for (const inner of text === undefined ? [node] : gapsOf(node)) ts.forEachChild(inner, visit);
  };
  visit(source);
  return found;
}

/** Literals, templates and sums of them; undefined for every other expression. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ literal }) => `…${literal.text}`);
    return node.head.text + spans.join('');
  }
  if (!isSum(node)) return undefined;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === undefined && right === undefined ? undefined : `${left ?? '…'}${right ?? '…'}`;
}

function gapsOf(node: ts.Node): ts.Node[] {
  if (ts.isTemplateExpression(node)) return [...node.templateSpans];
  if (!isSum(node)) return [];
  const parts = [node.left, node.right];
  return parts.flatMap((part) => (textOf(part) === undefined ? [part] : gapsOf(part)));
}

const isSum = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
