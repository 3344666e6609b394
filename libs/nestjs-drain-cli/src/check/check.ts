import { normalize } from 'node:path';
import { type Finding, findingOf } from './finding.js';
import { patchFiles } from './kustomization.js';
import { parseResources } from './manifest.js';
import { Manifests } from './manifests.js';
import { rules } from './rules/index.js';
import { isKustomization, type Source } from './source.js';
import { UnusableInputError } from './unusable-input.js';

/** What a reading of manifests gave. */
export interface CheckReport {
  /** By file, line and rule. */
  readonly findings: readonly Finding[];
  /** How many whole resources were read. */
  readonly resources: number;
  /** How many were left out because they only patch others. */
  readonly patches: number;
}

/**
 * Applies every rule to the sources.
 * @throws UnusableInputError when the YAML is broken, or holds no resource to judge.
 */
export async function check(sources: readonly Source[]): Promise<CheckReport> {
  const manifests = readManifests(sources);
  const findings: Finding[] = [];
  for (const rule of rules) {
    for await (const problem of rule.check(manifests)) {
      if (!problem.resource.ignores(rule.id)) findings.push(findingOf(rule, problem));
    }
  }
  return {
    findings: findings.sort(byPlace),
    resources: manifests.resources.length,
    patches: manifests.patches.length,
  };
}

/** @throws UnusableInputError when the YAML is broken, or holds no resource to judge. */
export function readManifests(sources: readonly Source[]): Manifests {
  const patched = patchFiles(sources);
  const found = sources.filter(({ file }) => !isKustomization(file)).flatMap(parseResources);
  const manifests = new Manifests(found, (file) => patched.has(normalize(file)));
  if (manifests.resources.length > 0) return manifests;
  const names = sources.map(({ file }) => file).join(', ');
  throw new UnusableInputError(
    manifests.patches.length > 0
      ? `${names}: only patches, nothing to judge by itself. Render it: kubectl kustomize … | nestjs-drain check -`
      : `${names}: no Kubernetes resource in it. Pass manifests (apiVersion, kind), or rendered ones on stdin.`,
  );
}

function byPlace(one: Finding, other: Finding): number {
  return (
    one.file.localeCompare(other.file) ||
    one.line - other.line ||
    one.rule.id.localeCompare(other.rule.id)
  );
}
