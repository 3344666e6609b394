import { readThrough } from '../../../examples/support/example.js';
import type { RecipeProcess } from './recipe.js';

/** Reads lines `{"n":1}` to their end, with SIGTERM after the fifth, and says what came. */
export async function linesThroughSigterm(
  app: RecipeProcess,
  path: string,
  total: number,
): Promise<string> {
  const response = await fetch(`${app.url}${path}/${total}`);
  const text = await readThrough(response, '{"n":5}\n', app.terminate);
  const seen = text.trimEnd().split('\n');
  const last = seen.at(-1);
  const isWhole = seen.length === total && last === `{"n":${total}}`;
  const words = isWhole ? `all ${total} lines` : `the lines until then, \`${last}\``;
  const encoding = response.headers.get('content-encoding');
  return `${response.status}${encoding ? ` (${encoding})` : ''}, ${words}, a clean end`;
}
