import { type Field } from './field.js';
import { type Manifests } from './manifests.js';
import { type Workload } from './workload.js';

/** How many pods a workload runs at least and at most, and the field that says the least. */
export interface Replicas {
  readonly least: number;
  readonly most: number;
  readonly field: Field;
}

export function replicasOf(workload: Workload, manifests: Manifests): Replicas {
  const [autoscaler] = manifests.autoscalersOf(workload);
  if (!autoscaler) {
    const field = workload.resource.spec.at('replicas');
    const count = field.number ?? 1;
    return { least: count, most: count, field };
  }
  const keda = autoscaler.kind === 'ScaledObject';
  const field = autoscaler.spec.at(keda ? 'minReplicaCount' : 'minReplicas');
  const most = autoscaler.spec.at(keda ? 'maxReplicaCount' : 'maxReplicas').number ?? 100;
  return { least: field.number ?? (keda ? 0 : 1), most, field };
}

/** A count or a percentage of all, rounded as Kubernetes does it. */
export function share(field: Field, fallback: string, all: number, round: 'up' | 'down'): number {
  const text = field.text ?? fallback;
  if (!text.endsWith('%')) return Number(text);
  const exact = (Number(text.slice(0, -1)) / 100) * all;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
