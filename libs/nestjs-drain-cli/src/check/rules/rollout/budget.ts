import { type Workload } from '../../model/workload.js';

/** A PodDisruptionBudget that selects exactly this workload's pods and lets one go at a time. */
export function budgetFor({ resource, labels }: Workload): object {
  const own = resource.spec.at('selector');
  const matchLabels = own.at('matchLabels').value ?? Object.fromEntries(labels);
  const isSelector = own.at('matchLabels').exists || own.at('matchExpressions').exists;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name: resource.name,
      ...(resource.namespace && { namespace: resource.namespace }),
    },
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: isSelector ? own.value : { matchLabels },
    },
  };
}
