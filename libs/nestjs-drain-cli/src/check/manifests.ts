import { type Container } from './container.js';
import { isComplete } from './completeness.js';
import { type Field } from './field.js';
import { type Resource } from './resource.js';
import { matchesMap } from './selector.js';
import { Workload } from './workload.js';

/** A container that answers requests, and the workload it is in. */
export interface Server {
  readonly workload: Workload;
  readonly container: Container;
}

/** Everything that was read, and how it hangs together: what a rule looks at. */
export class Manifests {
  /** Whole resources, without the patches. */
  readonly resources: readonly Resource[];
  readonly patches: readonly Resource[];
  readonly workloads: readonly Workload[];
  readonly servers: readonly Server[];

  constructor(found: readonly Resource[], isPatchFile: (file: string) => boolean = () => false) {
    const whole = (each: Resource) => !isPatchFile(each.root.file) && isComplete(each);
    this.resources = found.filter(whole);
    this.patches = found.filter((each) => !whole(each));
    const configMaps = this.ofKind('ConfigMap');
    this.workloads = this.resources.flatMap((each) => Workload.of(each, configMaps) ?? []);
    this.servers = this.workloads.flatMap((workload) => this.serversOf(workload));
  }

  ofKind(...kinds: string[]): Resource[] {
    return this.resources.filter((each) => kinds.includes(each.kind));
  }

  /** The workloads that serve, each once. */
  get serving(): Workload[] {
    return [...new Set(this.servers.map(({ workload }) => workload))];
  }

  /** The Services that send traffic to a workload's pods. */
  servicesOf(workload: Workload): Resource[] {
    return this.ofKind('Service').filter(
      (service) =>
        sameNamespace(service, workload.resource) &&
        matchesMap(service.spec.at('selector'), workload.labels),
    );
  }

  /** The serving containers behind a Service that a route or an ingress names. */
  behind(route: Resource, service: Field): Server[] {
    return this.servers.filter(({ workload }) =>
      this.servicesOf(workload).some(
        (each) => each.name === service.text && sameNamespace(each, route),
      ),
    );
  }

  /** The autoscalers (HorizontalPodAutoscaler, KEDA's ScaledObject) of a workload. */
  autoscalersOf({ resource }: Workload): Resource[] {
    return this.ofKind('HorizontalPodAutoscaler', 'ScaledObject').filter(
      (each) =>
        sameNamespace(each, resource) &&
        each.spec.at('scaleTargetRef', 'name').text === resource.name &&
        (each.spec.at('scaleTargetRef', 'kind').text ?? 'Deployment') === resource.kind,
    );
  }

  private serversOf(workload: Workload): Server[] {
    if (workload.resource.spec.at('replicas').number === 0) return [];
    const apps = workload.containers.filter((each) => !each.isProxy);
    const candidates = (apps.length > 0 ? apps : workload.containers).filter(
      (each) => each.mayServe,
    );
    const draining = candidates.filter((each) => each.drain);
    if (draining.length > 0) return draining.map((container) => ({ workload, container }));
    const reachable = this.ofKind('Service').length === 0 || this.servicesOf(workload).length > 0;
    return reachable ? candidates.slice(0, 1).map((container) => ({ workload, container })) : [];
  }
}

/** A manifest without a namespace may land in any. */
export function sameNamespace(one: Resource, other: Resource): boolean {
  return one.namespace === other.namespace || !one.namespace || !other.namespace;
}
