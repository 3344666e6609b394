import { disruptionBudgetsOf } from '../disruption-budget.js';
import { replicasOf } from '../replicas.js';
import { type Rule } from '../rule.js';

export const disruptionBudgetMissing: Rule = {
  id: 'disruption-budget-missing',
  severity: 'warning',
  title: 'No PodDisruptionBudget',
  why: 'A node drain, an upgrade or the cluster autoscaler evicts pods through the eviction API, and only a PodDisruptionBudget makes it take one after the other. Without one all pods may drain at once: requests are refused, told subscriptions have nowhere to go.',
  remedy: `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  maxUnavailable: 1
  selector:
    matchLabels: { app: app }`,
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      if (replicasOf(workload, manifests).least < 2) continue;
      if (disruptionBudgetsOf(workload, manifests).length > 0) continue;
      yield {
        resource: workload.resource,
        field: workload.resource.root.at('metadata', 'name'),
        message: `No PodDisruptionBudget in the input selects the pods of ${workload.resource.toString()}.`,
      };
    }
  },
};
