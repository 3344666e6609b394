import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest, isTypingError } from '../../model/closest.js';
import { type Manifests, sameNamespace } from '../../model/manifests.js';
import { type Workload } from '../../model/workload.js';

/**
 * The workload that a selector without a match was meant for: its labels differ by a typing error,
 * its name is the selecting resource's, or there is no other. Undefined: it may be elsewhere.
 */
export function nearestWorkload(
  selecting: Resource,
  labels: Field,
  manifests: Manifests,
): Workload | undefined {
  const candidates = manifests.workloads.filter(({ resource, isLasting }) => {
    return isLasting && sameNamespace(resource, selecting);
  });
  const selector = labels.entries.map(([key, value]) => [key, value.text ?? ''] as const);
  const [only, second] = candidates;
  return (
    candidates.find((each) => differsByTyping(selector, each)) ??
    candidates.find(({ resource }) => resource.name === selecting.name) ??
    (second === undefined ? only : undefined)
  );
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
