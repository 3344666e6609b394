import { isDeepStrictEqual } from 'node:util';
import { type Finding } from '../finding.js';

/**
 * What was found in the files as they were given and then mended. A later round of mending also mends what an
 * earlier one wrote, which is no news to the owner of the files.
 */
export function givenOf(given: readonly Finding[], mended: readonly Finding[]): Finding[] {
  const left = new Set(given);
  for (const finding of mended) {
    const found = left.has(finding) ? finding : [...left].find((each) => isSame(each, finding));
    if (found) left.delete(found);
  }
  return given.filter((finding) => !left.has(finding));
}

/** The same fault after other edits, which may have moved its line and changed the numbers in its message. */
function isSame(one: Finding, other: Finding): boolean {
  return isDeepStrictEqual(placeOf(one), placeOf(other));
}

function placeOf({ rule, file, resource, edits }: Finding) {
  const fields = edits.map(({ field }) => [field.document.index, field.path]);
  return [rule.id, file, resource, fields];
}
