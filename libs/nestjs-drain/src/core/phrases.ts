/** Parts of the sentences of log lines. */

/** How many names a line has; it counts the others. */
export const mostNamed = 3;

/** Such as `1 request`, `2 requests`. @param name in the plural */
export const countOf = (count: number, name: string): string =>
  `${count} ${count === 1 ? name.replace(/s$/, '') : name}`;

/** Such as `A, B, C and 2 others`. @param rest what those are called that are not named, in the plural */
export function namesOf(names: readonly string[], rest: string): string {
  const named = names.slice(0, mostNamed).join(', ');
  const others = names.length - mostNamed;
  return others > 0 ? `${named} and ${countOf(others, rest)}` : named;
}
