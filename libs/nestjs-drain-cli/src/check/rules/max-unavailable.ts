import { type Field } from '../field.js';
import { replicasOf, share } from '../replicas.js';
import { type Edit, type Rule } from '../rule.js';
import { type Workload } from '../workload.js';

export const maxUnavailable: Rule = {
  id: 'max-unavailable',
  severity: 'warning',
  title: 'The rollout ends pods before their successors are ready',
  why: 'With maxUnavailable above 0 (the default is 25 %, rounded down) old pods are told to go while nothing has replaced them: their subscriptions reconnect to fewer pods, and with few replicas to none.',
  remedy: `spec:
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }`,
  fix: 'Sets maxUnavailable to 0, and maxSurge to 1 where it would be 0.',
  *check(manifests) {
    for (const workload of manifests.serving) {
      const update = rollingUpdate(workload);
      if (!update) continue;
      const { most } = replicasOf(workload, manifests);
      const field = update.at('maxUnavailable');
      const missing = share(field, '25%', most, 'down');
      if (!(missing > 0)) continue;
      yield {
        resource: workload.resource,
        field,
        message: `Up to ${missing} of ${most} pods may be missing during a rollout (maxUnavailable ${field.text ?? '25%, the default'}).`,
        edits: edits(update, most),
      };
    }
  },
};

function rollingUpdate({ resource }: Workload): Field | undefined {
  const strategy = resource.spec.at('strategy');
  if (resource.kind === 'Deployment' && strategy.at('type').text !== 'Recreate') {
    return strategy.at('rollingUpdate');
  }
  const canary = strategy.at('canary');
  return resource.kind === 'Rollout' && canary.exists ? canary : undefined;
}

function edits(update: Field, replicas: number): Edit[] {
  const surge = update.at('maxSurge');
  const none = share(surge, '25%', replicas, 'up') === 0;
  return [
    { field: update.at('maxUnavailable'), value: 0 },
    ...(none ? [{ field: surge, value: 1 }] : []),
  ];
}
