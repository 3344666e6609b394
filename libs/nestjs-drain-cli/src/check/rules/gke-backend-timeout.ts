import { type Field } from '../field.js';
import { longestOf } from '../ingress.js';
import { type Manifests, sameNamespace, type Server } from '../manifests.js';
import { type Resource } from '../resource.js';
import { type Rule } from '../rule.js';

export const gkeBackendTimeout: Rule = {
  id: 'gke-backend-timeout',
  severity: 'error',
  title: "Google's load balancer ends streams before they are done",
  why: 'timeoutSec (30 s by default) bounds the whole response, streams included, and connections to a removed endpoint are closed after drainingTimeoutSec (0 by default): the load balancer cuts streams that the pod is still sending.',
  remedy: `spec: # of a BackendConfig; for a GCPBackendPolicy under spec.default
  timeoutSec: 300 # at least the drain's timeout
  connectionDraining:
    drainingTimeoutSec: 310`,
  *check(manifests) {
    for (const policy of manifests.ofKind('BackendConfig', 'GCPBackendPolicy')) {
      const needed = longestOf(serversOf(policy, manifests));
      if (needed === undefined) continue;
      for (const [field, fallback] of bounds(policy)) {
        const actual = field.number ?? fallback;
        if (actual >= needed) continue;
        yield {
          resource: policy,
          field,
          message: `${String(field.path.at(-1))} is ${actual}${field.exists ? '' : ' (the default)'}; streams may last ${needed} s.`,
        };
      }
    }
  },
};

function bounds({ kind, spec }: Resource): [Field, number][] {
  const settings = kind === 'BackendConfig' ? spec : spec.at('default');
  return [
    [settings.at('timeoutSec'), 30],
    [settings.at('connectionDraining', 'drainingTimeoutSec'), 0],
  ];
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
    manifests.behind(policy, service.root.at('metadata', 'name')),
  );
}
