import { podSpecOf } from './pod-template.js';
import { type Resource } from './resource.js';

const workload = ['spec.selector', 'spec.template.metadata.labels'];

/** What each kind cannot do without; a resource that lacks it only patches another. */
const essentials: Record<string, readonly string[]> = {
  Deployment: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  ReplicaSet: workload,
  Rollout: ['spec.strategy'],
  Pod: ['spec.containers'],
  Job: ['spec.template'],
  CronJob: ['spec.jobTemplate', 'spec.schedule'],
  Ingress: ['spec'],
  PodDisruptionBudget: ['spec.selector'],
  HorizontalPodAutoscaler: ['spec.scaleTargetRef', 'spec.maxReplicas'],
  HTTPRoute: ['spec.parentRefs'],
};

/** Is this a whole resource, or only a patch that a kustomize overlay merges into one? */
export function isComplete(resource: Resource): boolean {
  if (resource.root.at('$patch').exists) return false;
  const required = essentials[resource.kind] ?? [];
  if (!required.every((path) => resource.root.at(...path.split('.')).exists)) return false;
  if (resource.kind === 'Service' && !isWholeService(resource)) return false;
  const containers = podSpecOf(resource)?.at('containers').items ?? [];
  return containers.every((container) => container.at('image').exists);
}

const isWholeService = ({ spec }: Resource): boolean =>
  spec.at('ports').exists || spec.at('externalName').exists;
