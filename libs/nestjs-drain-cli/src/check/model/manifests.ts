import { group } from 'd3-array';
import { isComplete } from '../input/completeness.js';
import { type Dockerfile } from '../input/dockerfile.js';
import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';
import { type Container, isSidePort } from './container.js';
import { kindOf } from './kinds.js';
import { LabelIndex } from './label-index.js';
import { roleOf } from './role.js';
import { type Stopped, stoppedOf } from './stopped.js';
import { type Outside, Workload } from './workload.js';

/** A container that answers requests, and the workload it is in. */
export interface Server {
  readonly workload: Workload;
  readonly container: Container;
}

/** A resource that was read and not judged, and why. */
export interface NotJudged {
  readonly resource: Resource;
  readonly reason: string;
}

/** What is known beside the resources. */
export interface Context extends Outside {
  readonly isPatchFile: (file: string) => boolean;
  readonly dockerfiles: readonly Dockerfile[];
}

export const noContext: Context = {
  flags: {},
  live: {},
  isPatchFile: () => false,
  dockerfiles: [],
};

/** Everything that was read, and how it hangs together: what a rule looks at. */
export class Manifests {
  /** Whole resources, without the patches. */
  readonly resources: readonly Resource[];
  readonly patches: readonly Resource[];
  readonly workloads: readonly Workload[];
  readonly servers: readonly Server[] = [];
  /** The workloads that are judged as services, each once. */
  readonly serving: readonly Workload[] = [];
  /** Those of them of which nothing shows whether they take requests. */
  readonly unclear: readonly Workload[] = [];
  readonly notJudged: readonly NotJudged[] = [];
  /** Containers of platforms beside Kubernetes. */
  readonly stopped: readonly Stopped[] = [];
  /** Workloads whose template a Rollout has taken over, and that Rollout. */
  private readonly lent = new Map<Resource, Resource>();
  /** The workloads that keep their pods running. */
  readonly lasting: readonly Workload[];
  private readonly kinds: ReadonlyMap<string, Resource[]>;
  private readonly scalers: ReadonlyMap<string, Resource[]>;
  private readonly services: LabelIndex;
  private readonly budgets: LabelIndex;
  private readonly workloadsBySelecting = new Map<Resource, Workload[]>();
  private readonly serversOfWorkload = new Map<Workload, Server[]>();
  private readonly names: ReadonlyMap<string, Resource[]>;

  constructor(
    found: readonly Resource[],
    readonly context: Context = noContext,
  ) {
    const whole = (each: Resource) => !context.isPatchFile(each.root.file) && isComplete(each);
    this.resources = found.filter(whole);
    this.patches = found.filter((each) => !whole(each));
    this.kinds = group(this.resources, ({ kind }) => kind);
    this.names = group(this.resources, ({ kind, name }) => `${kind}/${name}`);
    this.scalers = group(this.ofKind('HorizontalPodAutoscaler', 'ScaledObject'), targetOf);
    this.services = LabelIndex.byMap(this.ofKind('Service'), ({ spec }) => spec.at('selector'));
    this.budgets = LabelIndex.bySelector(this.ofKind('PodDisruptionBudget'), ({ spec }) =>
      spec.at('selector'),
    );
    this.workloads = this.resources.flatMap((each) => this.workloadOf(each) ?? []);
    this.lasting = this.workloads.filter(({ isLasting }) => isLasting);
    for (const resource of this.resources) {
      const stopped = stoppedOf(resource, context);
      if (typeof stopped === 'string') push(this.notJudged, { resource, reason: stopped });
      else if (stopped) push(this.stopped, stopped);
    }
    for (const workload of this.workloads) this.place(workload);
    for (const resource of this.resources) {
      const reason = reasonForUnheard(resource);
      if (reason) push(this.notJudged, { resource, reason });
    }
  }

  ofKind(...kinds: string[]): Resource[] {
    return kinds.flatMap((kind) => this.kinds.get(kind) ?? []);
  }

  /** The resource of that kind and name that another one names. */
  named(kind: string, name: string | undefined, from: Resource): Resource | undefined {
    return this.names.get(`${kind}/${name ?? ''}`)?.find((each) => sameNamespace(each, from));
  }

  /** The Services whose selector matches a workload's pods. */
  servicesOf({ resource, labels }: Workload): Resource[] {
    return this.services.selecting(labels).filter((each) => sameNamespace(each, resource));
  }

  /** The PodDisruptionBudgets whose selector matches a workload's pods. */
  budgetsOf({ resource, labels }: Workload): Resource[] {
    return this.budgets.selecting(labels).filter((each) => sameNamespace(each, resource));
  }

  /** The workloads whose pods a Service or a PodDisruptionBudget selects. */
  workloadsOf(selecting: Resource): readonly Workload[] {
    return this.workloadsBySelecting.get(selecting) ?? [];
  }

  serversOf(workload: Workload): readonly Server[] {
    return this.serversOfWorkload.get(workload) ?? [];
  }

  /** The serving containers behind a Service that a route or an ingress names. */
  behind(route: Resource, service: Field): Server[] {
    const found = this.named('Service', service.text, route);
    const knative = this.serving.filter(
      ({ resource, hasHooks }) => !hasHooks && resource.name === service.text,
    );
    const workloads = [...(found ? this.workloadsOf(found) : []), ...knative];
    return workloads.flatMap((each) => this.serversOf(each));
  }

  /** The autoscalers (HorizontalPodAutoscaler, KEDA's ScaledObject) of a workload. */
  autoscalersOf({ resource }: Workload): Resource[] {
    return (this.scalers.get(`${resource.kind}/${resource.name}`) ?? []).filter((each) =>
      sameNamespace(each, resource),
    );
  }

  private workloadOf(resource: Resource): Workload | undefined {
    const configMaps = (name: string) => this.named('ConfigMap', name, resource);
    const templated = this.templatedBy(resource);
    return templated && Workload.of(resource, this.context, configMaps, templated);
  }

  /** The resource that holds the pod template: itself, or of an Argo Rollout its `workloadRef`. */
  private templatedBy(resource: Resource): Resource | undefined {
    const reference = resource.spec.at('workloadRef');
    if (resource.group !== 'argoproj.io' || !reference.exists) return resource;
    const [kind = '', name = ''] = ['kind', 'name'].map((key) => reference.at(key).text);
    const found = this.named(kind, name, resource);
    if (!found) {
      const reason = `its workloadRef ${kind}/${name} is not in the input`;
      push(this.notJudged, { resource, reason });
    } else this.lent.set(found, resource);
    return found;
  }

  private place(workload: Workload): void {
    const services = this.servicesOf(workload);
    for (const each of [...services, ...this.budgetsOf(workload)]) {
      this.workloadsBySelecting.set(each, [...this.workloadsOf(each), workload]);
    }
    const borrower = this.lent.get(workload.resource);
    if (borrower && borrower !== workload.resource) {
      const reason = `${borrower.toString()} runs its pods`;
      push(this.notJudged, { resource: workload.resource, reason });
      return;
    }
    const role = roleOf(workload, services.filter(carriesTraffic));
    if (role.serves === 'no') {
      push(this.notJudged, { resource: workload.resource, reason: role.reason });
      return;
    }
    const servers = role.containers.map((container) => ({ workload, container }));
    this.serversOfWorkload.set(workload, servers);
    push(this.servers, ...servers);
    push(this.serving, workload);
    if (role.serves === 'unclear') push(this.unclear, workload);
  }
}

/** The arrays are read-only to everybody else. */
const push = <T>(array: readonly T[], ...items: T[]): void => void (array as T[]).push(...items);

/** Kinds that make a controller fetch and apply manifests, which stand elsewhere. */
const fetching =
  /^(helm\.toolkit\.fluxcd\.io\/HelmRelease|kustomize\.toolkit\.fluxcd\.io\/Kustomization|helm\.cattle\.io\/HelmChart|fleet\.cattle\.io\/GitRepo|argoproj\.io\/Application(Set)?)$/;

/** Why pods that the resource makes cannot be seen here; undefined when it makes none, or they can. */
function reasonForUnheard(resource: Resource): string | undefined {
  if (fetching.test(`${resource.group}/${resource.kind}`)) {
    return 'what it applies is not in the input: render it and check that as well';
  }
  if (kindOf(resource) !== undefined || resource.spec.at('workloadRef').exists) return undefined;
  return holdsContainers(resource.spec)
    ? 'this check does not know where its kind keeps pods'
    : undefined;
}

function holdsContainers(field: Field): boolean {
  const items = field.at('containers').items;
  if (items.some((each) => each.at('image').exists)) return true;
  const below = [...field.entries.map(([, value]) => value), ...field.items];
  return below.some(holdsContainers);
}

/** `Kind/name` of what an autoscaler scales. */
export function targetOf({ spec }: Resource): string {
  const target = spec.at('scaleTargetRef');
  return `${target.at('kind').text ?? 'Deployment'}/${target.at('name').text ?? ''}`;
}

const carriesTraffic = ({ spec, name }: Resource): boolean => {
  if (/(^|-)(webhook|metrics)(-|$)/.test(name)) return false;
  const ports = spec.at('ports').items;
  return ports.length === 0 || ports.some((port) => !isSidePort(port.at('name').text));
};

/** A manifest without a namespace may land in any. */
export function sameNamespace(one: Resource, other: Resource): boolean {
  return one.namespace === other.namespace || !one.namespace || !other.namespace;
}
