import { type Field } from './field.js';

const ignoreAnnotation = 'nestjs-drain/ignore';

/** One Kubernetes object, wherever it stood: a document of its own or an item of a List. */
export class Resource {
  readonly kind: string;
  readonly apiVersion: string;
  /** The API group without its version, empty for the core group. */
  readonly group: string;
  readonly name: string;
  /** Empty when the manifest leaves the namespace to `kubectl -n`. */
  readonly namespace: string;

  constructor(readonly root: Field) {
    this.kind = root.at('kind').text ?? '';
    this.apiVersion = root.at('apiVersion').text ?? '';
    this.group = this.apiVersion.includes('/') ? this.apiVersion.replace(/\/.*/, '') : '';
    this.name = root.at('metadata', 'name').text ?? '';
    this.namespace = root.at('metadata', 'namespace').text ?? '';
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
