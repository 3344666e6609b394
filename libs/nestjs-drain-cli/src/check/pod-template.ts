import { type Field } from './field.js';
import { type Resource } from './resource.js';

const templates: Record<string, readonly string[]> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  ReplicationController: ['spec', 'template'],
  Rollout: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
};

const groups = new Set(['', 'apps', 'batch', 'argoproj.io']);

/** The pod template of a workload (for a Pod, the Pod itself); undefined for every other kind. */
export function podTemplateOf(resource: Resource): Field | undefined {
  const path = groups.has(resource.group) ? templates[resource.kind] : undefined;
  const template = path && resource.root.at(...path);
  return template?.at('spec').exists ? template : undefined;
}

/** The pod spec of a workload; undefined for every other kind. */
export function podSpecOf(resource: Resource): Field | undefined {
  return podTemplateOf(resource)?.at('spec');
}
