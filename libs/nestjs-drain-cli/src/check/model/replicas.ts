import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';
import { type Manifests } from './manifests.js';
import { type Workload } from './workload.js';

/** How many pods a workload runs at least and at most, and the field that says the least. */
export interface Replicas {
  readonly least: number;
  readonly most: number;
  readonly field: Field;
  /** Whose field it is: the workload's or its autoscaler's. */
  readonly resource: Resource;
}

export function replicasOf(workload: Workload, manifests: Manifests): Replicas {
  const { resource } = workload;
  const [autoscaler] = manifests.autoscalersOf(workload);
  if (!autoscaler) {
    const field = resource.spec.at('replicas');
    const count = field.number ?? 1;
    return { least: count, most: count, field, resource };
  }
  const keda = autoscaler.kind === 'ScaledObject';
  const field = autoscaler.spec.at(keda ? 'minReplicaCount' : 'minReplicas');
  const most = autoscaler.spec.at(keda ? 'maxReplicaCount' : 'maxReplicas').number ?? 100;
  return { least: field.number ?? (keda ? 0 : 1), most, field, resource: autoscaler };
}

/** A count or a percentage of all, rounded as Kubernetes does it. */
export function share(field: Field, fallback: string, all: number, round: 'up' | 'down'): number {
  const text = field.text ?? fallback;
  if (!text.endsWith('%')) return Number(text);
  const exact = (Number(text.slice(0, -1)) / 100) * all;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
