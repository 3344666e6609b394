import { type Field } from './input/field.js';
import { type Resource } from './input/resource.js';
import { type Manifests, type Server } from './model/manifests.js';
import { type Setting, type SettingName } from './model/settings.js';

/** error: streams or requests are lost. warning: they are lost on a bad day. note: worth a look. */
export type Severity = 'note' | 'warning' | 'error';

export const severities: readonly Severity[] = ['note', 'warning', 'error'];

/** A change to one field; `value` undefined removes it. */
export interface Edit {
  readonly field: Field;
  readonly value: unknown;
  /** Whose field it is; default: the problem's resource. */
  readonly resource?: Resource;
}

/** What a rule found at one place. */
export interface Problem {
  /** The resource to name, and whose annotation may switch the rule off. */
  readonly resource: Resource;
  /** Where; an absent field stands for the place where it is missing. */
  readonly field: Field;
  /** What is wrong here, with the numbers. */
  readonly message: string;
  /** Default: the rule's. */
  readonly severity?: Severity;
  /** The remedy: the changes that mend it, in this and in other resources. */
  readonly edits?: readonly Edit[];
  /** The remedy: resources that are missing. */
  readonly adds?: readonly object[];
  /** The remedy in words, where no change of these manifests can be named. */
  readonly advice?: string;
  /** Must the owner decide here, although the rule's `fix` knows most cases? */
  readonly asks?: boolean;
}

/** A rule could not judge a server, because nothing declares one of its settings. */
export interface Unknown {
  readonly server: Server;
  readonly setting: SettingName;
}

export type Judgement = Problem | Unknown;

export const isUnknown = (judgement: Judgement): judgement is Unknown => 'setting' in judgement;

/** One thing that loses streams, and how to see it in manifests. */
export interface Rule {
  /** Stable, in kebab-case. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** Why streams or requests would be lost. */
  readonly why: string;
  /** What `--fix` does; absent when mending needs the owner's decision. */
  readonly fix?: string;
  check(manifests: Manifests): Iterable<Judgement> | AsyncIterable<Judgement>;
}

type Known<Name extends SettingName> = Record<Name, Setting>;

/**
 * Judges one server by settings that must be known. Where one is not declared, the answer is
 * `Unknown`: a rule gets at a setting in no other way, so it can never take silence for a value.
 */
export function* knowing<Name extends SettingName>(
  server: Server,
  names: readonly Name[],
  judge: (settings: Known<Name>) => Iterable<Judgement>,
): Iterable<Judgement> {
  const found = names.map((name) => [name, server.container.settings.get(name)] as const);
  const unknown = found.filter(([, setting]) => setting === undefined);
  if (unknown.length === 0) yield* judge(Object.fromEntries(found) as Known<Name>);
  else yield* unknown.map(([setting]) => ({ server, setting }));
}
