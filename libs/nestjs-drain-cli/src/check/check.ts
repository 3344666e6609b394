import { normalize } from 'node:path';
import { type Finding, findingOf } from './finding.js';
import { readDockerfile } from './input/dockerfile.js';
import { readKustomization, reader } from './input/kustomization.js';
import { parseResources } from './input/manifest.js';
import { type Resource } from './input/resource.js';
import { type Input, isDockerfile, isKustomization, type Source } from './input/source.js';
import { type Unread, UnusableInputError } from './input/unusable-input.js';
import { type Declared } from './model/settings.js';
import { Manifests, type NotJudged } from './model/manifests.js';
import { type Judgement, isUnknown, type Rule, type Unknown } from './rule.js';
import { rules, settingsUnknown } from './rules/index.js';

/** What a reading of manifests gave. */
export interface CheckReport {
  /** By file, line and rule. */
  readonly findings: readonly Finding[];
  /** What `--fix` mended, at the places that it had before. */
  readonly mended?: readonly Finding[];
  /** How many whole resources were read. */
  readonly resources: number;
  /** How many workloads (of Kubernetes, compose or ECS) were judged as services that answer clients. */
  readonly judged: number;
  /** Workloads that were read and not judged. */
  readonly notJudged: readonly NotJudged[];
  /** How many patches were left out: resources that only patch others, and changes in a kustomization. */
  readonly patches: number;
  /** Files that could not be read or understood. */
  readonly unread: readonly Unread[];
}

/** Settings that the user or the running service declares beside the manifests. */
export interface Declarations {
  readonly flags?: Declared;
  readonly live?: Declared;
}

/**
 * Applies every rule to what was read. Nothing is thrown for an input that cannot be understood:
 * it is listed under `unread`.
 */
export async function check(input: Input, declared: Declarations = {}): Promise<CheckReport> {
  const { manifests, inline, unread } = readManifests(input, declared);
  const findings: Finding[] = [];
  const unknowns: (Unknown & { readonly rule: Rule })[] = [];
  for (const rule of rules) {
    for await (const judgement of rule.check(manifests)) {
      if (isUnknown(judgement)) unknowns.push({ ...judgement, rule });
      else if (!isIgnored(rule, judgement)) findings.push(findingOf(rule, judgement));
    }
  }
  for (const problem of settingsUnknown.judge(unknowns.filter(counts))) {
    if (!isIgnored(settingsUnknown, problem)) findings.push(findingOf(settingsUnknown, problem));
  }
  return {
    findings: findings.sort(byPlace),
    resources: manifests.resources.length,
    judged: manifests.serving.length + manifests.stopped.length,
    notJudged: manifests.notJudged,
    patches: manifests.patches.length + inline,
    unread,
  };
}

const isIgnored = (rule: Rule, judgement: Judgement): boolean =>
  !isUnknown(judgement) && judgement.resource.ignores(rule.id);

/** What a rule that is switched off cannot judge is no question. */
const counts = ({ rule, server }: Unknown & { readonly rule: Rule }): boolean =>
  !server.workload.resource.ignores(rule.id);

/** Parses the sources; what is broken is left out and listed. */
export function readManifests(
  { sources, unread }: Input,
  { flags = {}, live = {} }: Declarations,
): { manifests: Manifests; inline: number; unread: Unread[] } {
  const failed: Unread[] = [...unread];
  const attempt = <T>(source: Source, parse: (source: Source) => T[]): T[] => {
    try {
      return parse(source);
    } catch (error) {
      if (!(error instanceof UnusableInputError)) throw error;
      failed.push({ file: source.file, sentence: error.message });
      return [];
    }
  };
  const isRead = reader([...sources, ...unread.map(({ file }) => ({ file, text: '' }))]);
  const steering = sources
    .filter(({ file }) => isKustomization(file))
    .flatMap((each) => attempt(each, (source) => readKustomization(source, isRead)));
  failed.push(...steering.flatMap(({ missing }) => missing));
  const images = sources.filter(({ file }) => isDockerfile(file));
  const others = sources.filter(({ file }) => !isKustomization(file) && !isDockerfile(file));
  const patched = new Set(steering.flatMap(({ patchFiles }) => patchFiles));
  const found: Resource[] = others.flatMap((each) => attempt(each, parseResources));
  const context = {
    flags,
    live,
    isPatchFile: (file: string) => patched.has(normalize(file)),
    dockerfiles: images.map(readDockerfile),
  };
  const inline = steering.reduce((sum, each) => sum + each.inline, 0);
  return { manifests: new Manifests(found, context), inline, unread: failed };
}

function byPlace(one: Finding, other: Finding): number {
  return (
    one.file.localeCompare(other.file) ||
    one.line - other.line ||
    one.rule.id.localeCompare(other.rule.id)
  );
}
