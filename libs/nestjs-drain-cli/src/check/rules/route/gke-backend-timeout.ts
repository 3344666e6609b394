import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Manifests, sameNamespace, type Server } from '../../model/manifests.js';
import { type Rule } from '../../rule.js';
import { type Bound, tooShort } from './bound.js';

export const gkeBackendTimeout: Rule = {
  id: 'gke-backend-timeout',
  severity: 'error',
  title: "Google's load balancer ends streams before they are done",
  why: 'timeoutSec (30 s by default) bounds the whole response, streams included, and connections to a removed endpoint are closed after drainingTimeoutSec (0 by default): the load balancer cuts streams that the pod is still sending.',
  fix: "Sets both to the drain's timeout.",
  *check(manifests) {
    const policies = manifests.ofKind('BackendConfig', 'GCPBackendPolicy');
    yield* tooShort(policies.flatMap((each) => boundsOf(each, manifests)));
  },
};

function boundsOf(policy: Resource, manifests: Manifests): Bound[] {
  const servers = serversOf(policy, manifests);
  const settings = policy.kind === 'BackendConfig' ? policy.spec : policy.spec.at('default');
  const fields: [Field, number][] = [
    [settings.at('timeoutSec'), 30],
    [settings.at('connectionDraining', 'drainingTimeoutSec'), 0],
  ];
  return fields.map(([field, fallback]) => ({
    resource: policy,
    field,
    name: String(field.path.at(-1)),
    seconds: field.number ?? fallback,
    isDefault: !field.exists,
    servers,
    write: Number,
  }));
}

function serversOf(policy: Resource, manifests: Manifests): Server[] {
  const services = manifests.ofKind('Service').filter((service) => {
    if (!sameNamespace(service, policy)) return false;
    const target = policy.spec.at('targetRef', 'name').text;
    const attached = service.annotation('cloud.google.com/backend-config').text ?? '';
    return policy.kind === 'BackendConfig'
      ? attached.includes(`"${policy.name}"`)
      : service.name === target;
  });
  return services.flatMap((service) =>
    manifests.workloadsOf(service).flatMap((each) => manifests.serversOf(each)),
  );
}
