import { type Resource } from './resource.js';

/** A fault against Kubernetes' own schema. */
export interface SchemaFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface Model {
  validate(): void;
}

type ModelClass = new (data: never) => Model;

/** The published models, loaded only when such a resource is read. */
const models: Record<string, () => Promise<ModelClass>> = {
  'apps/v1/Deployment': async () =>
    (await import('kubernetes-models/apps/v1/Deployment')).Deployment,
  'apps/v1/StatefulSet': async () =>
    (await import('kubernetes-models/apps/v1/StatefulSet')).StatefulSet,
  'apps/v1/DaemonSet': async () => (await import('kubernetes-models/apps/v1/DaemonSet')).DaemonSet,
  'apps/v1/ReplicaSet': async () =>
    (await import('kubernetes-models/apps/v1/ReplicaSet')).ReplicaSet,
  'batch/v1/Job': async () => (await import('kubernetes-models/batch/v1/Job')).Job,
  'batch/v1/CronJob': async () => (await import('kubernetes-models/batch/v1/CronJob')).CronJob,
  'v1/Pod': async () => (await import('kubernetes-models/v1/Pod')).Pod,
  'v1/Service': async () => (await import('kubernetes-models/v1/Service')).Service,
  'policy/v1/PodDisruptionBudget': async () =>
    (await import('kubernetes-models/policy/v1/PodDisruptionBudget')).PodDisruptionBudget,
  'autoscaling/v2/HorizontalPodAutoscaler': async () =>
    (await import('kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'))
      .HorizontalPodAutoscaler,
  'networking.k8s.io/v1/Ingress': async () =>
    (await import('kubernetes-models/networking.k8s.io/v1/Ingress')).Ingress,
};

/** What Kubernetes' schema refuses in a resource; nothing for kinds without a model. */
export async function schemaFaults(resource: Resource): Promise<SchemaFault[]> {
  const load = models[`${resource.apiVersion}/${resource.kind}`];
  if (!load) return [];
  const Model = await load();
  try {
    new Model(resource.root.value as never).validate();
    return [];
  } catch (error) {
    return faultsOf(error);
  }
}

interface AjvError {
  readonly instancePath: string;
  readonly message?: string;
}

function faultsOf(error: unknown): SchemaFault[] {
  const { errors } = error as { errors?: readonly AjvError[] };
  if (!errors) throw error;
  return errors.map(({ instancePath, message }) => ({
    path: instancePath
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    message: `${instancePath.slice(1).replaceAll('/', '.')} ${message ?? 'is not valid'}`,
  }));
}
