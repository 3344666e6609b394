import { group } from 'd3-array';
import { stringify } from 'yaml';
import { ForeignContainer } from '../input/foreign.js';
import { type Resource } from '../input/resource.js';
import { type Edit, type Problem } from '../rule.js';
import { difference, withValue } from './patch.js';

/**
 * The remedy of a problem as YAML that can be applied: for each resource that changes, a patch with
 * its own names and ports; and whole resources that are missing. Words where nothing can be named.
 */
export function remedyOf({ resource, edits = [], adds = [], advice }: Problem): string {
  const patches = resourcesOf(resource, edits).map(([changed, own]) => patchOf(changed, own));
  const documents = [...patches, ...adds].map((each) =>
    stringify(each, { lineWidth: 0, singleQuote: true }).trimEnd(),
  );
  return [...(advice ? [advice] : []), ...(documents.length > 0 ? [documents.join('\n---\n')] : [])]
    .join('\n')
    .trim();
}

function patchOf(resource: Resource, edits: readonly Edit[]): object {
  if (resource instanceof ForeignContainer) return foreignPatch(resource, edits);
  const before = resource.root.value;
  const depth = resource.root.path.length;
  const after = edits.reduce<unknown>(
    (data, { field, value }) => withValue(data, field.path.slice(depth), value),
    before,
  );
  const { namespace } = resource;
  return {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: { name: resource.name, ...(namespace && { namespace }) },
    ...deepMerge(resource, difference(before, after)),
  };
}

/** A compose file and a task definition have no kind: the patch is of the whole document. */
function foreignPatch({ root }: Resource, edits: readonly Edit[]): object {
  const before = root.document.value;
  const after = edits.reduce<unknown>(
    (data, { field, value }) => withValue(data, field.path, value),
    before,
  );
  return difference(before, after);
}

/** A patch of annotations has a `metadata` of its own beside the name. */
function deepMerge({ name, namespace }: Resource, patch: Record<string, unknown>) {
  if (!patch['metadata']) return patch;
  const metadata = { name, ...(namespace && { namespace }), ...patch['metadata'] };
  return { ...patch, metadata };
}

/** Edits by the resource whose field they change: the problem's own one first. */
function resourcesOf(own: Resource, edits: readonly Edit[]): [Resource, Edit[]][] {
  return [...group(edits, ({ resource }) => resource ?? own)];
}
