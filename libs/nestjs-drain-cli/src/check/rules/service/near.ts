import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { closest } from '../../model/closest.js';
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
  const [only, ...more] = candidates;
  return (
    candidates.find((each) => differsByTyping(labels, each)) ??
    candidates.find(({ resource }) => resource.name === selecting.name) ??
    (more.length === 0 ? only : undefined)
  );
}

/** The labels that select exactly a workload's pods. */
export const matchLabelsOf = ({ resource, labels }: Workload): unknown =>
  resource.spec.at('selector', 'matchLabels').value ?? Object.fromEntries(labels);

function differsByTyping(selector: Field, { labels }: Workload): boolean {
  const { entries } = selector;
  const keys = [...labels.keys()];
  return (
    entries.length > 0 &&
    entries.every(([key, value]) => {
      const near = closest(key, keys);
      const text = near === undefined ? undefined : labels.get(near);
      return text !== undefined && closest(value.text ?? '', [text]) !== undefined;
    })
  );
}
