import { type Field } from '../field.js';
import { backendsOf, isOfClass, longestStream } from '../ingress.js';
import { type Manifests } from '../manifests.js';
import { type Resource } from '../resource.js';
import { type Rule } from '../rule.js';

const prefix = 'alb.ingress.kubernetes.io/';

/** Attribute, where it is annotated, and AWS's default in seconds. */
const attributes = [
  ['idle_timeout.timeout_seconds', `${prefix}load-balancer-attributes`, 60],
  ['deregistration_delay.timeout_seconds', `${prefix}target-group-attributes`, 300],
] as const;

export const albTimeout: Rule = {
  id: 'alb-timeout',
  severity: 'warning',
  title: 'The ALB cuts streams before they have drained',
  why: 'An ALB closes a connection that was silent for idle_timeout (60 s by default), and everything that a deregistered target still has open after deregistration_delay (300 s): streams end in the load balancer while the pod is still draining them.',
  remedy: `metadata:
  annotations:
    ${prefix}load-balancer-attributes: idle_timeout.timeout_seconds=300
    ${prefix}target-group-attributes: deregistration_delay.timeout_seconds=310`,
  *check(manifests) {
    for (const ingress of manifests.ofKind('Ingress')) {
      if (!isOfClass(ingress, /^alb/, prefix)) continue;
      const needed = longestStream(ingress, backendsOf(ingress), manifests);
      if (needed === undefined) continue;
      for (const [attribute, annotation, fallback] of attributes) {
        const set = places(ingress, annotation, manifests).find((each) => read(each, attribute));
        const actual = Number((set && read(set, attribute)) ?? fallback);
        if (actual >= needed) continue;
        yield {
          resource: ingress,
          field: set ?? ingress.annotation(annotation),
          message: `${attribute} is ${actual}${set ? '' : ' (the default)'}; streams may last ${needed} s.`,
          remedy: `metadata:\n  annotations:\n    ${annotation}: ${attribute}=${Math.ceil(needed)}`,
        };
      }
    }
  },
};

function read(annotation: Field, attribute: string): string | undefined {
  const pairs = annotation.text?.split(',').map((pair) => pair.trim().split('=')) ?? [];
  return pairs.find(([name]) => name === attribute)?.[1];
}

/** The Ingress itself, those that share its load balancer by group.name, and the Services behind. */
function places(ingress: Resource, annotation: string, manifests: Manifests): Field[] {
  const group = ingress.annotation(`${prefix}group.name`).text;
  const sharing = manifests
    .ofKind('Ingress')
    .filter((each) => group !== undefined && each.annotation(`${prefix}group.name`).text === group);
  const names = backendsOf(ingress).map((each) => each.text);
  const services = manifests.ofKind('Service').filter((each) => names.includes(each.name));
  return [ingress, ...services, ...sharing].map((each) => each.annotation(annotation));
}
