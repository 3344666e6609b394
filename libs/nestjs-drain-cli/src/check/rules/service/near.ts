import { group } from 'd3-array';
import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest, isTypingError } from '../../model/closest.js';
import { type Manifests, sameNamespace } from '../../model/manifests.js';
import { oncePerManifests } from '../../model/once-per-manifests.js';
import { TypingIndex } from '../../model/typing-index.js';
import { type Workload } from '../../model/workload.js';

/**
 * The workload that a selector without a match was meant for: its labels differ by a typing error, or
 * its name is the selecting resource's. Undefined: what it selects may be elsewhere.
 */
export function nearestWorkload(
  selecting: Resource,
  labels: Field,
  manifests: Manifests,
): Workload | undefined {
  const selector = labels.entries.map(([key, value]) => [key, value.text ?? ''] as const);
  const { byName, byLabel } = indexesOf(manifests);
  const isNear = ({ resource }: Workload) => sameNamespace(resource, selecting);
  const [first] = selector;
  const candidates = first ? nearLabel(byLabel, ...first) : [];
  return (
    candidates.find((each) => isNear(each) && differsByTyping(selector, each)) ??
    byName.get(selecting.name)?.find(isNear)
  );
}

interface Indexes {
  readonly byName: ReadonlyMap<string, readonly Workload[]>;
  /** By the keys of the pods' labels, then by their values. */
  readonly byLabel: ReadonlyMap<string, TypingIndex<Workload>>;
}

const indexesOf = oncePerManifests(({ lasting }): Indexes => {
  const byLabel = new Map<string, TypingIndex<Workload>>();
  for (const workload of lasting) {
    for (const [key, value] of workload.labels) {
      const values = byLabel.get(key) ?? new TypingIndex();
      byLabel.set(key, values);
      values.add(value, workload);
    }
  }
  return { byName: group(lasting, ({ resource }) => resource.name), byLabel };
});

/** The workloads with a label whose key and value are these but for typing errors. */
function nearLabel(byLabel: Indexes['byLabel'], key: string, value: string): Workload[] {
  const keys = [...byLabel.keys()].filter((each) => isTypingError(key, each));
  return keys.flatMap((each) => byLabel.get(each)?.near(value) ?? []);
}

/** The labels that select exactly a workload's pods. */
export const matchLabelsOf = ({ resource, labels }: Workload): unknown =>
  resource.spec.at('selector', 'matchLabels').value ?? Object.fromEntries(labels);

function differsByTyping(selector: readonly (readonly [string, string])[], workload: Workload) {
  const { labels } = workload;
  return (
    selector.length > 0 &&
    selector.every(([key, value]) => {
      const text = labels.get(key) ?? labels.get(closest(key, [...labels.keys()]) ?? '');
      return text !== undefined && isTypingError(value, text);
    })
  );
}
