/** How a text is written, so that what is added looks like the rest. */
export interface Style {
  readonly newline: '\n' | '\r\n';
  /** Spaces per level. */
  readonly indent: number;
  /** Do lists stand deeper than their key? */
  readonly indentSeq: boolean;
}

export function styleOf(text: string): Style {
  const [, outer = '', inner = ''] = /^( *)[\w./"'-]+:[ \t]*\r?\n( +)[\w./"'-]+:/m.exec(text) ?? [];
  const deeper = inner.length - outer.length;
  return {
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    indent: deeper > 0 && deeper <= 8 ? deeper : 2,
    indentSeq: !/^( *)[\w./"'-]+:[ \t]*\r?\n\1- /m.test(text),
  };
}
