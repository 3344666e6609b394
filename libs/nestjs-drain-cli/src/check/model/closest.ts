import { closest as nearest, distance } from 'fastest-levenshtein';

/** The candidate that was probably meant: the same but for case and a typing error; else undefined. */
export function closest(text: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = new Map(candidates.map((each) => [each.toLowerCase(), each]));
  const near = nearest(text.toLowerCase(), [...lower.keys()]);
  return isTypingError(text, near) ? lower.get(near) : undefined;
}

/** Do two texts differ by case and a typing error at most? Two letters in the wrong order are one error. */
export function isTypingError(one: string, other: string): boolean {
  const allowed = allowedErrors(one);
  if (Math.abs(one.length - other.length) > allowed) return false;
  const [first, second] = [one.toLowerCase(), other.toLowerCase()];
  return distance(first, second) <= allowed || isSwapped(first, second);
}

function isSwapped(one: string, other: string): boolean {
  const at = [...one].findIndex((letter, index) => letter !== other[index]);
  const swapped = `${one.slice(0, at)}${one[at + 1]}${one[at]}${one.slice(at + 2)}`;
  return at >= 0 && at + 1 < one.length && swapped === other;
}

/** How many letters may be wrong, missing or too many in a text. */
export const allowedErrors = (text: string): number => (text.length > 5 ? 2 : 1);
