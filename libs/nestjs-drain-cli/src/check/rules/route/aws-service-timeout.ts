import { type Resource } from '../../input/resource.js';
import { type Manifests } from '../../model/manifests.js';
import { type Judgement, type Rule } from '../../rule.js';
import { attribute, withAttribute } from './attributes.js';
import { type Bound, tooShort } from './bound.js';

const prefix = 'service.beta.kubernetes.io/aws-load-balancer-';
const terminates = 'deregistration_delay.connection_termination.enabled';

export const awsServiceTimeout: Rule = {
  id: 'aws-service-timeout',
  severity: 'warning',
  title: "AWS' load balancer of the Service cuts streams before they have drained",
  why: 'A classic load balancer closes a connection that was silent for connection-idle-timeout (60 s by default), and without connection draining everything on a pod that is taken out. A network load balancer forgets a silent connection after 350 s, and with connection_termination it resets what a pod still has open after deregistration_delay (300 s).',
  *check(manifests) {
    const balanced = manifests
      .ofKind('Service')
      .filter(({ spec }) => spec.at('type').text === 'LoadBalancer')
      .filter(isOnAws);
    for (const service of balanced) {
      yield* tooShort(boundsOf(service, manifests));
      if (isClassic(service)) yield* withoutDraining(service, manifests);
    }
  },
};

const annotationsOf = (service: Resource) =>
  service.root
    .at('metadata', 'annotations')
    .entries.map(([key]) => key)
    .filter((key) => key.startsWith(prefix));

const isOnAws = (service: Resource): boolean => annotationsOf(service).length > 0;

/** Without `type: nlb` or `external` the in-tree controller makes a classic one. */
const isClassic = (service: Resource): boolean =>
  !service.annotation(`${prefix}type`).exists &&
  service.spec.at('loadBalancerClass').text !== 'service.k8s.aws/nlb';

function boundsOf(service: Resource, manifests: Manifests): Bound[] {
  const servers = manifests.workloadsOf(service).flatMap((each) => manifests.serversOf(each));
  if (isClassic(service)) {
    const field = service.annotation(`${prefix}connection-idle-timeout`);
    const [name, actual] = ['connection-idle-timeout', field.number ?? 60];
    const isDefault = !field.exists;
    return [
      { resource: service, field, name, seconds: actual, isOfSilence: true, isDefault, servers },
    ];
  }
  const field = service.annotation(`${prefix}target-group-attributes`);
  if (attribute(field, terminates) !== 'true') return [];
  const name = 'deregistration_delay.timeout_seconds';
  return [
    {
      resource: service,
      field,
      name,
      seconds: Number(attribute(field, name) ?? 300),
      isDefault: attribute(field, name) === undefined,
      servers,
      write: (needed) => withAttribute(field, name, needed),
    },
  ];
}

function* withoutDraining(service: Resource, manifests: Manifests): Iterable<Judgement> {
  const field = service.annotation(`${prefix}connection-draining-enabled`);
  const serves = manifests
    .workloadsOf(service)
    .some((each) => manifests.serversOf(each).length > 0);
  if (field.text === 'true' || !serves) return;
  yield {
    resource: service,
    field,
    message: 'Connection draining is off: streams on a pod that is taken out are cut at once.',
    edits: [
      { field, value: 'true' },
      { field: service.annotation(`${prefix}connection-draining-timeout`), value: '310' },
    ],
  };
}
