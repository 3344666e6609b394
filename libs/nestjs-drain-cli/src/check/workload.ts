import { Container } from './container.js';
import { type Field } from './field.js';
import { podTemplateOf } from './pod-template.js';
import { type Resource } from './resource.js';
import { labelsOf, type Labels } from './selector.js';

/** A resource that makes pods. */
export class Workload {
  readonly containers: readonly Container[];
  /** Init containers with `restartPolicy: Always`, which end after the others. */
  readonly nativeSidecars: readonly Container[];

  private constructor(
    readonly resource: Resource,
    readonly template: Field,
    configMaps: readonly Resource[],
  ) {
    const read = (field: Field) => new Container(field, configMaps);
    this.containers = this.pod.at('containers').items.map(read);
    this.nativeSidecars = this.pod
      .at('initContainers')
      .items.filter((each) => each.at('restartPolicy').text === 'Always')
      .map(read);
  }

  /** The resource as a workload; undefined when it makes no pods. */
  static of(resource: Resource, configMaps: readonly Resource[]): Workload | undefined {
    const template = podTemplateOf(resource);
    return template && new Workload(resource, template, configMaps);
  }

  get pod(): Field {
    return this.template.at('spec');
  }

  get labels(): Labels {
    return labelsOf(this.template.at('metadata', 'labels'));
  }

  annotation(key: string): Field {
    return this.template.at('metadata', 'annotations', key);
  }

  /** Is it rolled out and kept in number (unlike a bare Pod or a Job)? */
  get isReplicated(): boolean {
    return ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Rollout'].includes(
      this.resource.kind,
    );
  }

  /** Does it keep its pods running (unlike a Job)? */
  get isLasting(): boolean {
    return this.isReplicated || this.resource.kind === 'DaemonSet';
  }

  /** The grace in seconds; Kubernetes' default is 30. */
  get grace(): number {
    return this.pod.at('terminationGracePeriodSeconds').number ?? 30;
  }
}
