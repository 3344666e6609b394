import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';

/** How a kind replaces its pods, which decides about the rules of a rollout. */
export type Rollout = 'deployment' | 'config' | 'argo' | 'daemon' | 'ordered' | 'knative' | 'none';

/** What is known about a kind that makes pods. */
export interface Kind {
  readonly template: readonly string[];
  readonly rollout: Rollout;
  /** Has it a number of pods that the manifest or an autoscaler decides? */
  readonly replicated: boolean;
  /** Does it keep its pods running, unlike a Job? */
  readonly lasting: boolean;
}

const template = ['spec', 'template'];
const kind = (rollout: Rollout, replicated: boolean, lasting = true): Kind => ({
  template,
  rollout,
  replicated,
  lasting,
});

export const argo = kind('argo', true);

const kinds: Record<string, Kind> = {
  'apps/Deployment': kind('deployment', true),
  'extensions/Deployment': kind('deployment', true),
  'apps/StatefulSet': kind('ordered', true),
  'apps/ReplicaSet': kind('none', true),
  'extensions/ReplicaSet': kind('none', true),
  '/ReplicationController': kind('none', true),
  'apps/DaemonSet': kind('daemon', false),
  'extensions/DaemonSet': kind('daemon', false),
  'apps.openshift.io/DeploymentConfig': kind('config', true),
  'argoproj.io/Rollout': argo,
  'serving.knative.dev/Service': kind('knative', false),
  'batch/Job': kind('none', false, false),
  'batch/CronJob': {
    ...kind('none', false, false),
    template: ['spec', 'jobTemplate', 'spec', 'template'],
  },
  '/Pod': { ...kind('none', false, false), template: [] },
};

/** Kinds of operators that this check has not heard of: of their pods everything but the rollout can be judged. */
const unheard = kind('none', false);

/** What is known about the resource's kind; undefined when it makes no pods. */
export function kindOf(resource: Resource): Kind | undefined {
  const known = kinds[`${resource.group}/${resource.kind}`];
  if (known) return resource.root.at(...known.template, 'spec').exists ? known : undefined;
  return resource.spec.at('template', 'spec', 'containers').items.length > 0 ? unheard : undefined;
}

export const isKnownKind = ({ group, kind: name }: Resource): boolean =>
  `${group}/${name}` in kinds;

/** The pod template of a workload (for a Pod, the Pod itself); undefined for every other kind. */
export function podTemplateOf(resource: Resource): Field | undefined {
  const found = kindOf(resource);
  return found && resource.root.at(...found.template);
}

/** The pod spec of a workload; undefined for every other kind. */
export function podSpecOf(resource: Resource): Field | undefined {
  return podTemplateOf(resource)?.at('spec');
}
