import { type Rule } from '../../rule.js';

/** API groups and versions that Kubernetes no longer serves, and what serves the kind now. */
const removed: Record<string, string> = {
  'extensions/v1beta1 Deployment': 'apps/v1',
  'extensions/v1beta1 DaemonSet': 'apps/v1',
  'extensions/v1beta1 ReplicaSet': 'apps/v1',
  'extensions/v1beta1 Ingress': 'networking.k8s.io/v1',
  'networking.k8s.io/v1beta1 Ingress': 'networking.k8s.io/v1',
  'apps/v1beta1 Deployment': 'apps/v1',
  'apps/v1beta2 Deployment': 'apps/v1',
  'apps/v1beta1 StatefulSet': 'apps/v1',
  'apps/v1beta2 StatefulSet': 'apps/v1',
  'apps/v1beta2 DaemonSet': 'apps/v1',
  'policy/v1beta1 PodDisruptionBudget': 'policy/v1',
  'autoscaling/v2beta1 HorizontalPodAutoscaler': 'autoscaling/v2',
  'autoscaling/v2beta2 HorizontalPodAutoscaler': 'autoscaling/v2',
  'batch/v1beta1 CronJob': 'batch/v1',
};

export const apiRemoved: Rule = {
  id: 'api-removed',
  severity: 'error',
  title: 'An API version that Kubernetes no longer serves',
  why: 'The API server refuses the manifest: the workload is not deployed, its PodDisruptionBudget or autoscaler does not exist. (The rest of the resource is judged all the same.)',
  *check({ resources }) {
    for (const resource of resources) {
      const now = removed[`${resource.apiVersion} ${resource.kind}`];
      if (now === undefined) continue;
      const field = resource.root.at('apiVersion');
      yield {
        resource,
        field,
        message: `${resource.apiVersion} is gone; ${resource.kind} is in ${now}.`,
        edits: [{ field, value: now }],
      };
    }
  },
};
