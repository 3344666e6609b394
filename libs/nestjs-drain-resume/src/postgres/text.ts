const escape = '\u0001';

/** A text of PostgreSQL holds every character but U+0000. Others stay readable in the database. */
export function toText(text: string): string {
  if (!text.includes('\0') && !text.includes(escape)) return text;
  return text.replaceAll(escape, `${escape}1`).replaceAll('\0', `${escape}0`);
}

export function fromText(text: string): string {
  if (!text.includes(escape)) return text;
  return text.replaceAll(`${escape}0`, '\0').replaceAll(`${escape}1`, escape);
}
