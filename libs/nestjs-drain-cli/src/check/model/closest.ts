import { closest as nearest, distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: the same but for case and a typing error; else undefined. */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = new Map(candidates.map((each) => [each.toLowerCase(), each]));
  const near = nearest(text.toLowerCase(), [...lower.keys()]);
  return isTypingError(text, near) ? lower.get(near) : undefined;
}

/** Do two texts differ by case and a typing error at most? */
export function isTypingError(one: string, other: string): boolean {
  const allowed = one.length > 5 ? 2 : 1;
  if (Math.abs(one.length - other.length) > allowed) return false;
  return distance(one.toLowerCase(), other.toLowerCase()) <= allowed;
}
