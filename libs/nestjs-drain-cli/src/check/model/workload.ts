import { type Field } from '../input/field.js';
import { type Resource } from '../input/resource.js';
import { Container } from './container.js';
import { type FindConfigMap } from './environment.js';
import { argo, isKnownKind, type Kind, kindOf, podTemplateOf } from './kinds.js';
import { labelsOf, type Labels } from './selector.js';
import { type Declared } from './settings.js';

/** What a workload's settings come from beside the manifests themselves. */
export interface Outside {
  readonly flags: Declared;
  readonly live: Declared;
}

/** A resource that makes pods. */
export class Workload {
  readonly containers: readonly Container[];
  /** Init containers with `restartPolicy: Always`, which end after the others. */
  readonly nativeSidecars: readonly Container[];
  readonly labels: Labels;

  private constructor(
    readonly resource: Resource,
    readonly kind: Kind,
    readonly template: Field,
    outside: Outside,
    configMaps: FindConfigMap,
  ) {
    const annotation = (key: string) => {
      const own = this.annotation(key);
      return own.exists ? own : this.resource.annotation(key);
    };
    const read = (field: Field) => new Container(field, { ...outside, annotation }, configMaps);
    this.containers = this.pod.at('containers').items.map(read);
    this.nativeSidecars = this.pod
      .at('initContainers')
      .items.filter((each) => each.at('restartPolicy').text === 'Always')
      .map(read);
    this.labels = labelsOf(this.template.at('metadata', 'labels'));
  }

  /** The resource as a workload; undefined when it makes no pods. */
  static of(
    resource: Resource,
    outside: Outside,
    configMaps: FindConfigMap,
    /** The resource that holds the pod template: with Argo's `workloadRef`, another one. */
    templated = resource,
  ): Workload | undefined {
    const template = podTemplateOf(templated);
    const kind = templated === resource ? kindOf(resource) : argo;
    return template && kind && new Workload(resource, kind, template, outside, configMaps);
  }

  get pod(): Field {
    return this.template.at('spec');
  }

  annotation(key: string): Field {
    return this.template.at('metadata', 'annotations', key);
  }

  /** Is it rolled out and kept in number (unlike a bare Pod or a Job)? */
  get isReplicated(): boolean {
    return this.kind.replicated;
  }

  /** Does it keep its pods running (unlike a Job)? */
  get isLasting(): boolean {
    return this.kind.lasting;
  }

  /** May its containers have hooks and a grace of their own? Knative allows neither. */
  get hasHooks(): boolean {
    return this.kind.rollout !== 'knative';
  }

  /** A kind of an operator, of which only the pods can be judged. */
  get isUnheard(): boolean {
    return !isKnownKind(this.resource);
  }

  /** The grace in seconds; Kubernetes' default is 30. */
  get grace(): number {
    return this.pod.at('terminationGracePeriodSeconds').number ?? 30;
  }

  get graceIsSet(): boolean {
    return this.pod.at('terminationGracePeriodSeconds').exists;
  }
}
