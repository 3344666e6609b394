import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest, isTypingError } from '../../model/closest.js';
import { type Manifests, sameNamespace } from '../../model/manifests.js';
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
  const isNear = ({ resource }: Workload) => sameNamespace(resource, selecting);
  const { lasting } = manifests;
  return (
    lasting.find((each) => differsByTyping(selector, each) && isNear(each)) ??
    lasting.find((each) => each.resource.name === selecting.name && isNear(each))
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
