import { type Manifests, sameNamespace } from './manifests.js';
import { type Resource } from './resource.js';
import { matchesSelector } from './selector.js';
import { type Workload } from './workload.js';

/** The PodDisruptionBudgets that select a workload's pods. */
export function disruptionBudgetsOf(workload: Workload, manifests: Manifests): Resource[] {
  return manifests
    .ofKind('PodDisruptionBudget')
    .filter(
      (budget) =>
        sameNamespace(budget, workload.resource) &&
        matchesSelector(budget.spec.at('selector'), workload.labels),
    );
}
