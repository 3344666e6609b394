import { UsageError } from '../usage-error.js';

/** `Name: value` texts as headers. @throws UsageError when one has no colon. */
export function headersOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const colon = text.indexOf(':');
      if (colon < 1) throw new UsageError(`"${text}" is not a header: write "Name: value"`);
      return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
    }),
  );
}
