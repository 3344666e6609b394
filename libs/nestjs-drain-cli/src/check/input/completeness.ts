import { podSpecOf } from '../model/kinds.js';
import { type Resource } from './resource.js';

const workload = ['spec.selector', 'spec.template.metadata.labels'];

/** What each kind of Kubernetes' own cannot do without; what lacks it only patches another. */
const essentials: Record<string, readonly string[]> = {
  'apps/Deployment': workload,
  'apps/StatefulSet': workload,
  'apps/DaemonSet': workload,
  'apps/ReplicaSet': workload,
  '/Pod': ['spec.containers'],
  'batch/Job': ['spec.template'],
  'batch/CronJob': ['spec.jobTemplate', 'spec.schedule'],
  'networking.k8s.io/Ingress': ['spec'],
  'policy/PodDisruptionBudget': ['spec.selector'],
  'autoscaling/HorizontalPodAutoscaler': ['spec.scaleTargetRef', 'spec.maxReplicas'],
  'gateway.networking.k8s.io/HTTPRoute': ['spec.parentRefs'],
};

/** Is this a whole resource, or only a patch that a kustomize overlay merges into one? */
export function isComplete(resource: Resource): boolean {
  if (resource.root.at('$patch').exists) return false;
  const key = `${resource.group}/${resource.kind}`;
  const required = essentials[key] ?? [];
  if (!required.every((path) => resource.root.at(...path.split('.')).exists)) return false;
  if (key === '/Service' && !isWholeService(resource)) return false;
  const containers = podSpecOf(resource)?.at('containers').items ?? [];
  // One stray item is a fault of a whole resource; a patch gives no container its image.
  return containers.length === 0 || containers.some((each) => each.at('image').exists);
}

const isWholeService = ({ spec }: Resource): boolean =>
  spec.at('ports').exists || spec.at('externalName').exists || spec.at('selector').exists;
