import { type Manifests } from '../../model/manifests.js';
import { type Workload } from '../../model/workload.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook } from './hook.js';
import { isMeshed } from './linkerd-proxy-ends-first.js';
import { aroundProxy, isListed } from './mesh-hook.js';

const policy = 'config.linkerd.io/default-inbound-policy';
const skipped = 'config.linkerd.io/skip-inbound-ports';

export const linkerdHookDead: Rule = {
  id: 'linkerd-hook-dead',
  severity: 'error',
  title: "Linkerd's inbound policy refuses the kubelet's httpGet hook",
  why: `The kubelet is not in the mesh. Under the policies deny, all-authenticated and cluster-authenticated Linkerd's proxy lets its probes in by themselves, but no hook: it answers 403, and the kubelet reads no status. An exec hook calls over loopback, past the proxy; a port of control alone may be skipped (${skipped}).`,
  *check(manifests) {
    for (const server of manifests.servers) {
      const { workload, container } = server;
      const { http } = container.preStop;
      const port = http && container.numberOf(http.at('port'));
      if (!http || port === undefined || !isMeshed(workload, manifests)) continue;
      const refusing = policyOf(workload, manifests);
      if (!refusing || isListed(workload.annotation(skipped).text, port)) continue;
      yield {
        resource: workload.resource,
        field: http.at('port'),
        message: `Under the policy ${refusing} the hook's call of port ${port} is refused. ${afterDeadHook(container)}`,
        ...aroundProxy(manifests, server, port, skipped),
        ...deadHook(container),
      };
    }
  },
};

/** The policy of the pod or its namespace, if it lets no caller in from outside of the mesh. */
function policyOf(workload: Workload, manifests: Manifests): string | undefined {
  const { resource } = workload;
  const namespace = manifests.named('Namespace', resource.namespace, resource);
  const text = workload.annotation(policy).text ?? namespace?.annotation(policy).text ?? '';
  return /^(deny|(all|cluster)-authenticated)$/.test(text) ? text : undefined;
}
