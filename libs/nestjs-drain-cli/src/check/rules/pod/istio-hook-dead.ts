import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook } from './hook.js';
import { aroundProxy, isListed } from './mesh-hook.js';
import { isInjected } from './istio-proxy-ends-first.js';

const excluded = 'traffic.sidecar.istio.io/excludeInboundPorts';

export const istioHookDead: Rule = {
  id: 'istio-hook-dead',
  severity: 'error',
  title: "The kubelet's httpGet hook does not get through Istio's proxy",
  why: "Istio rewrites probes, not hooks: a preStop httpGet goes through the pod's proxy, arrives with forwarding headers and is refused with 403 as a client's call; under STRICT mTLS it does not arrive at all. The kubelet reads no status, so the hook is dead without a word. A port of its own for control, taken out of the proxy, gets it; so does an exec hook.",
  *check(manifests) {
    for (const server of manifests.servers) {
      const { workload, container } = server;
      const { http } = container.preStop;
      const port = http && container.numberOf(http.at('port'));
      if (!http || port === undefined || !isInjected(workload, manifests)) continue;
      if (isListed(workload.annotation(excluded).text, port)) continue;
      yield {
        resource: workload.resource,
        field: http.at('port'),
        message: `The hook's port ${port} is behind Istio's proxy. ${afterDeadHook(container)}`,
        ...aroundProxy(manifests, server, port, excluded),
        ...deadHook(container),
      };
    }
  },
};
