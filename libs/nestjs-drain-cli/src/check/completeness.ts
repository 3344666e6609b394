import { podSpecOf } from './pod-template.js';
import { type Resource } from './resource.js';

/** What each kind cannot do without; a resource that lacks it only patches another. */
const essentials: Record<string, readonly (readonly string[])[]> = {
  Deployment: [
    ['spec', 'selector'],
    ['spec', 'template'],
  ],
  StatefulSet: [
    ['spec', 'selector'],
    ['spec', 'template'],
  ],
  DaemonSet: [
    ['spec', 'selector'],
    ['spec', 'template'],
  ],
  ReplicaSet: [['spec', 'selector']],
  Rollout: [['spec', 'strategy']],
  Pod: [['spec', 'containers']],
  Job: [['spec', 'template']],
  CronJob: [
    ['spec', 'jobTemplate'],
    ['spec', 'schedule'],
  ],
  Service: [['spec']],
  Ingress: [['spec']],
  PodDisruptionBudget: [['spec', 'selector']],
  HorizontalPodAutoscaler: [
    ['spec', 'scaleTargetRef'],
    ['spec', 'maxReplicas'],
  ],
  HTTPRoute: [['spec', 'parentRefs']],
};

/** Is this a whole resource, or only a patch that a kustomize overlay merges into one? */
export function isComplete(resource: Resource): boolean {
  if (resource.root.at('$patch').exists) return false;
  const required = essentials[resource.kind] ?? [];
  if (!required.every((path) => resource.root.at(...path).exists)) return false;
  if (resource.kind === 'Service' && !isWholeService(resource)) return false;
  const containers = podSpecOf(resource)?.at('containers').items ?? [];
  return containers.every((container) => container.at('image').exists);
}

function isWholeService({ spec }: Resource): boolean {
  return spec.at('ports').exists || spec.at('externalName').exists;
}
