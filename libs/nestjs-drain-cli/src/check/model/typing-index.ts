import { allowedErrors, isTypingError } from './closest.js';

interface Entry<Item> {
  readonly text: string;
  readonly letters: number;
  readonly items: Item[];
}

/** Items by a text, so that thousands of mistyped texts find what was meant without asking all. */
export class TypingIndex<Item> {
  private readonly entries = new Map<string, Entry<Item>>();
  private readonly byLength = new Map<number, Entry<Item>[]>();

  add(text: string, item: Item): void {
    const known = this.entries.get(text);
    if (known) {
      known.items.push(item);
      return;
    }
    const entry = { text, letters: lettersOf(text), items: [item] };
    this.entries.set(text, entry);
    const sameLength = this.byLength.get(text.length);
    if (sameLength) sameLength.push(entry);
    else this.byLength.set(text.length, [entry]);
  }

  /** The items whose text is this one, or differs by a typing error, in no order. */
  near(text: string): Item[] {
    const allowed = allowedErrors(text);
    const lengths = Array.from({ length: 2 * allowed + 1 }, (_, index) => index - allowed);
    const letters = lettersOf(text);
    return lengths
      .flatMap((more) => this.byLength.get(text.length + more) ?? [])
      .filter((each) => mayBeNear(letters, each.letters) && isTypingError(text, each.text))
      .flatMap(({ items }) => items);
  }
}

/** Which letters a text holds, one bit for each (several letters share one). */
function lettersOf(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) bits |= 1 << (text.charCodeAt(index) & 31);
  return bits;
}

/** A typing error is two edits at most, and an edit takes one letter away and brings another one. */
function mayBeNear(one: number, other: number): boolean {
  let different = one ^ other;
  let count = 0;
  for (; different !== 0; different &= different - 1) count += 1;
  return count <= 4;
}
