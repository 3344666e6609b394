import { type Field } from './field.js';
import { type Manifests } from './manifests.js';
import { type Resource } from './resource.js';

/** error: streams or requests are lost. warning: they are lost on a bad day. note: worth a look. */
export type Severity = 'note' | 'warning' | 'error';

export const severities: readonly Severity[] = ['note', 'warning', 'error'];

/** A change to one field; `value` undefined removes it. */
export interface Edit {
  readonly field: Field;
  readonly value: unknown;
}

/** What a rule found at one place. */
export interface Problem {
  /** The resource to name, and whose annotation may switch the rule off. */
  readonly resource: Resource;
  /** Where; an absent field stands for the place where it is missing. */
  readonly field: Field;
  /** What is wrong here, with the numbers. */
  readonly message: string;
  /** The remedy with this place's numbers, as YAML; default: the rule's. */
  readonly remedy?: string;
  /** The edits that mend it without a decision of the owner. */
  readonly edits?: readonly Edit[];
}

/** One thing that loses streams, and how to see it in manifests. */
export interface Rule {
  /** Stable, in kebab-case. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** Why streams or requests would be lost. */
  readonly why: string;
  /** A YAML snippet that mends it. */
  readonly remedy: string;
  /** What `--fix` does; absent when mending needs the owner's decision. */
  readonly fix?: string;
  check(manifests: Manifests): Iterable<Problem> | AsyncIterable<Problem>;
}
