import type { ModelEnd, ModelPiece } from '../model.js';

/** The longest part that is said again, in UTF-16 units. */
const LONGEST = 200;

/** A text in two: the upstream is given the first part, and says the second once more. */
export interface Seam {
  readonly prefix: string;
  readonly again: string;
}

/**
 * The last run of letters or digits, with the punctuation and the white space before it and the white space behind it.
 * Tokenizers divide a text into such runs first, and no token reaches over the start of one.
 */
const lastRun = /(?:[^\s\p{L}\p{N}]*[\r\n]\s*|\s*)[^\s\p{L}\p{N}]*(?:[\p{L}\p{M}]+|\p{N}+)?\s*$/u;

/**
 * Where to cut a text that is to be continued: before its last word. A model reads tokens, and half a word, or a space
 * at the end, has other tokens than the ones that it said. Chat templates cut white space at the end, too.
 */
export function seamOf(text: string): Seam {
  let prefix = text;
  do prefix = withoutLastRun(prefix);
  while (/\s$/.test(prefix));
  return { prefix, again: text.slice(prefix.length) };
}

function withoutLastRun(text: string): string {
  // Not inside a pair of surrogates.
  const tail = text.slice(-LONGEST).replace(/^[\udc00-\udfff]/, '');
  const { index } = lastRun.exec(tail)!;
  return text.slice(0, text.length - tail.length + index);
}

type Pieces = AsyncIterable<ModelPiece | ModelEnd>;

/**
 * Takes what was said already off the start of an answer.
 * @returns the rest, or undefined if the answer says something else
 */
export async function afterSeam(answer: Pieces, again: string): Promise<Pieces | undefined> {
  const iterator = answer[Symbol.asyncIterator]();
  let left = again;
  let rest = '';
  while (left !== '') {
    const next: IteratorResult<ModelPiece | ModelEnd, unknown> = await iterator.next();
    const text = next.done ? undefined : textOf(next.value);
    if (text === undefined || !(text.startsWith(left) || left.startsWith(text))) {
      await iterator.return?.();
      return undefined;
    }
    rest = text.slice(left.length);
    left = left.slice(text.length);
  }
  return chain(rest, iterator);
}

function textOf(piece: ModelPiece | ModelEnd): string | undefined {
  if (typeof piece === 'string') return piece;
  return piece.type === 'text' ? piece.text : undefined;
}

async function* chain(
  first: string,
  iterator: AsyncIterator<ModelPiece | ModelEnd>,
): AsyncGenerator<ModelPiece | ModelEnd, void, undefined> {
  if (first !== '') yield first;
  yield* { [Symbol.asyncIterator]: () => iterator };
}
