import { closest as nearest, distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: the same but for case and a typing error; else undefined. */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = new Map(candidates.map((each) => [each.toLowerCase(), each]));
  const near = nearest(text.toLowerCase(), [...lower.keys()]);
  const allowed = text.length > 5 ? 2 : 1;
  return distance(text.toLowerCase(), near) <= allowed ? lower.get(near) : undefined;
}
