import { replicasOf } from '../replicas.js';
import { type Rule } from '../rule.js';

export const singleReplica: Rule = {
  id: 'single-replica',
  severity: 'warning',
  title: 'Only one replica',
  why: 'A rollout starts the successor first, but an eviction (node drain, upgrade, spot reclaim) does not: between the end of the only pod and the readiness of its successor every request is refused, and told subscriptions have nowhere to reconnect to.',
  remedy: `spec:
  replicas: 2`,
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const { least, field } = replicasOf(workload, manifests);
      if (least > 1) continue;
      yield {
        resource: workload.resource,
        field,
        message: `${workload.resource.toString()} may run with ${least} pod${least === 0 ? 's' : ''}.`,
      };
    }
  },
};
