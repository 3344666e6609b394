import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { seconds } from '../../model/duration.js';
import { type Manifests } from '../../model/manifests.js';
import { type Rule } from '../../rule.js';
import { type Bound, tooShort } from './bound.js';
import { backendsOf, isOfClass, serversBehind, servicesBehind } from './ingress.js';

/** A controller that reads one bound from an annotation. */
interface Controller {
  readonly id: string;
  readonly title: string;
  readonly why: string;
  readonly ingressClass: RegExp;
  readonly prefix: string;
  /** The annotation that is proposed, and others that say the same. */
  readonly annotations: readonly [string, ...string[]];
  /** Seconds, when nothing is set. */
  readonly fallback: number;
  /** Annotations of the Service instead of the Ingress? */
  readonly onService?: boolean;
  readonly read?: (text: string | undefined) => number | undefined;
  readonly write: (seconds: number) => string;
}

const milliseconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) / 1000 : undefined;

const controllers: readonly Controller[] = [
  {
    id: 'ingress-haproxy-timeout',
    title: 'HAProxy cuts a stream that is silent for a while',
    why: "HAProxy's controllers close a response when the pod has sent nothing for timeout-server (50 s by default): a model that thinks, or a subscription without an event, is cut while everything is well.",
    ingressClass: /haproxy/,
    prefix: 'haproxy',
    annotations: [
      'haproxy.org/timeout-server',
      'haproxy-ingress.github.io/timeout-server',
      'ingress.kubernetes.io/timeout-server',
    ],
    fallback: 50,
    write: (needed) => `${needed}s`,
  },
  {
    id: 'ingress-kong-timeout',
    title: 'Kong cuts a stream that is silent for a minute',
    why: 'Kong closes a response when the pod has sent nothing for read-timeout (60 000 ms by default, an annotation of the Service): a model that thinks, or a subscription without an event, is cut while everything is well.',
    ingressClass: /kong/,
    prefix: 'konghq.com/',
    annotations: ['konghq.com/read-timeout'],
    fallback: 60,
    onService: true,
    read: milliseconds,
    write: (needed) => String(needed * 1000),
  },
  {
    id: 'ingress-agic-timeout',
    title: "Azure's Application Gateway ends streams before they are done",
    why: 'The Application Gateway ends a request that the pod has not answered within request-timeout (30 s by default).',
    ingressClass: /azure.*application.*gateway/,
    prefix: 'appgw.ingress.kubernetes.io/',
    annotations: ['appgw.ingress.kubernetes.io/request-timeout'],
    fallback: 30,
    write: String,
  },
];

/** One rule for each controller of the table. */
export const ingressAnnotations: readonly Rule[] = controllers.map((controller) => ({
  id: controller.id,
  severity: 'warning',
  title: controller.title,
  why: controller.why,
  fix: `Sets ${controller.annotations[0].replace(/.*\//, '')} to the drain's timeout.`,
  *check(manifests: Manifests) {
    const ingresses = manifests
      .ofKind('Ingress')
      .filter((each) => isOfClass(each, controller.ingressClass, controller.prefix));
    yield* tooShort(ingresses.flatMap((each) => boundsOf(controller, each, manifests)));
  },
}));

function boundsOf(controller: Controller, ingress: Resource, manifests: Manifests): Bound[] {
  if (!controller.onService) {
    const servers = serversBehind(ingress, backendsOf(ingress), manifests);
    return [{ ...boundIn(controller, ingress), servers }];
  }
  return servicesBehind(ingress, manifests).map((service) => ({
    ...boundIn(controller, service),
    servers: manifests.workloadsOf(service).flatMap((each) => manifests.serversOf(each)),
  }));
}

function boundIn(
  { annotations, fallback, read = seconds, write }: Controller,
  resource: Resource,
): Omit<Bound, 'servers'> {
  const all: Field[] = annotations.map((name) => resource.annotation(name));
  const set = all.find((each) => each.exists);
  return {
    resource,
    field: set ?? resource.annotation(annotations[0]),
    name: annotations[0].replace(/.*\//, ''),
    seconds: read(set?.text) ?? fallback,
    isDefault: set === undefined,
    write,
  };
}
