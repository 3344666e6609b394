import { type ManifestDocument, type Path } from './manifest-document.js';

/** A place in a manifest, present or not, with its value: what rules read and point at. */
export class Field {
  constructor(
    readonly document: ManifestDocument,
    readonly path: Path,
    readonly value: unknown,
  ) {}

  /** The field below, absent when any step is. */
  at(...steps: Path): Field {
    const value = steps.reduce<unknown>(
      (outer, step) =>
        typeof outer === 'object' && outer !== null && Object.hasOwn(outer, step)
          ? (outer as Record<string | number, unknown>)[step]
          : undefined,
      this.value,
    );
    return new Field(this.document, [...this.path, ...steps], value);
  }

  get exists(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get text(): string | undefined {
    const { value } = this;
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
  }

  /** The value as a number; text that spells one counts. */
  get number(): number | undefined {
    const text = this.text?.trim();
    const number = text ? Number(text) : NaN;
    return Number.isFinite(number) ? number : undefined;
  }

  get items(): Field[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.at(index)) : [];
  }

  get entries(): [string, Field][] {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return Object.keys(value).map((key) => [key, this.at(key)]);
  }

  get file(): string {
    return this.document.file;
  }

  get line(): number {
    return this.document.line(this.path);
  }
}
