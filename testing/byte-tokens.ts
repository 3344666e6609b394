/**
 * The tokens of a text, as a byte-level tokenizer makes them. A text falls into words with the space before them,
 * punctuation with the line breaks behind it, and white space. Each of these falls into tokens of at most three bytes, so
 * that tokens end in the middle of words and of characters.
 */
export function tokensOf(text: string): Buffer[] {
  const runs = text.match(run) ?? [];
  return runs.flatMap((one) => {
    const bytes = Buffer.from(one);
    return Array.from({ length: Math.ceil(bytes.length / 3) }, (_, index) =>
      bytes.subarray(index * 3, index * 3 + 3),
    );
  });
}

const run = / ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;
