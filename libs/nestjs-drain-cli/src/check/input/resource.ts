import { type Field } from './field.js';

const ignoreAnnotation = 'nestjs-drain/ignore';

/** One Kubernetes object, wherever it stood: a document of its own or an item of a List. */
export class Resource {
  constructor(readonly root: Field) {}

  get kind(): string {
    return this.root.at('kind').text ?? '';
  }

  get apiVersion(): string {
    return this.root.at('apiVersion').text ?? '';
  }

  /** The API group without its version, empty for the core group. */
  get group(): string {
    return this.apiVersion.includes('/') ? this.apiVersion.replace(/\/.*/, '') : '';
  }

  get name(): string {
    return this.root.at('metadata', 'name').text ?? '';
  }

  /** Empty when the manifest leaves the namespace to `kubectl -n`. */
  get namespace(): string {
    return this.root.at('metadata', 'namespace').text ?? '';
  }

  get spec(): Field {
    return this.root.at('spec');
  }

  annotation(key: string): Field {
    return this.root.at('metadata', 'annotations', key);
  }

  label(key: string): Field {
    return this.root.at('metadata', 'labels', key);
  }

  /** Does the annotation `nestjs-drain/ignore: rule-a, rule-b` (or `*`) switch this rule off here? */
  ignores(rule: string): boolean {
    const ignored = this.annotation(ignoreAnnotation).text?.split(',') ?? [];
    return ignored.some((each) => each.trim() === rule || each.trim() === '*');
  }

  toString(): string {
    return `${this.kind}/${this.name}`;
  }
}
