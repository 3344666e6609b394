import { replicasOf } from '../../model/replicas.js';
import { type Rule } from '../../rule.js';
import { budgetFor } from './budget.js';
import { missedBy } from './disruption-budget-selects-nothing.js';

export const disruptionBudgetMissing: Rule = {
  id: 'disruption-budget-missing',
  severity: 'warning',
  title: 'No PodDisruptionBudget',
  why: 'A node drain, an upgrade or the cluster autoscaler evicts pods through the eviction API, and only a PodDisruptionBudget makes it take one after the other. Without one all pods may drain at once: requests are refused, and subscriptions have no pod to reconnect to.',
  *check(manifests) {
    // A budget that was meant for it and misses it is one finding, of another rule.
    const missed = new Set(
      manifests.ofKind('PodDisruptionBudget').map((each) => missedBy(each, manifests)),
    );
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      if (replicasOf(workload, manifests).least < 2) continue;
      if (missed.has(workload) || manifests.budgetsOf(workload).length > 0) continue;
      yield {
        resource: workload.resource,
        field: workload.resource.root.at('metadata', 'name'),
        message: `No PodDisruptionBudget in the input selects the pods of ${workload.resource.toString()}.`,
        adds: [budgetFor(workload)],
      };
    }
  },
};
