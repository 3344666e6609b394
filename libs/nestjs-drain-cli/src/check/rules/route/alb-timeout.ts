import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Manifests } from '../../model/manifests.js';
import { type Rule } from '../../rule.js';
import { attribute, withAttribute } from './attributes.js';
import { type Bound, tooShort } from './bound.js';
import { backendsOf, isOfClass, serversBehind, servicesBehind } from './ingress.js';

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
  *check(manifests) {
    const ingresses = manifests.ofKind('Ingress').filter((each) => isOfClass(each, /^alb/, prefix));
    yield* tooShort(ingresses.flatMap((each) => boundsOf(each, manifests)));
  },
};

function boundsOf(ingress: Resource, manifests: Manifests): Bound[] {
  const servers = serversBehind(ingress, backendsOf(ingress), manifests);
  return attributes.map(([name, annotation, fallback]) => {
    const found = places(ingress, annotation, manifests).find((each) =>
      attribute(each.field, name),
    );
    const { resource, field } = found ?? {
      resource: ingress,
      field: ingress.annotation(annotation),
    };
    return {
      resource,
      field,
      name,
      seconds: Number((found && attribute(field, name)) ?? fallback),
      isOfSilence: name.startsWith('idle_timeout'),
      isDefault: found === undefined,
      servers,
      write: (needed) => withAttribute(field, name, needed),
    };
  });
}

/** The Ingress itself, those that share its load balancer by group.name, and the Services behind. */
function places(
  ingress: Resource,
  annotation: string,
  manifests: Manifests,
): { resource: Resource; field: Field }[] {
  const group = ingress.annotation(`${prefix}group.name`).text;
  const sharing = manifests
    .ofKind('Ingress')
    .filter((each) => group !== undefined && each.annotation(`${prefix}group.name`).text === group);
  return [ingress, ...servicesBehind(ingress, manifests), ...sharing].map((resource) => ({
    resource,
    field: resource.annotation(annotation),
  }));
}
