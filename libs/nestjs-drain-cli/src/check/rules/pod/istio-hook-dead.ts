import { type Workload } from '../../model/workload.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook } from './hook.js';
import { isInjected } from './istio-proxy-ends-first.js';

const excluded = 'traffic.sidecar.istio.io/excludeInboundPorts';

export const istioHookDead: Rule = {
  id: 'istio-hook-dead',
  severity: 'error',
  title: "The kubelet's httpGet hook does not get through Istio's proxy",
  why: "Istio rewrites probes, not hooks: a preStop httpGet goes through the pod's proxy, arrives with forwarding headers and is refused with 403 as a client's call; under STRICT mTLS it does not arrive at all. The kubelet reads no status, so the hook is dead without a word. A port of its own for control, taken out of the proxy, gets it; so does an exec hook.",
  *check(manifests) {
    for (const { workload, container } of manifests.servers) {
      const { http } = container.preStop;
      const port = http && container.numberOf(http.at('port'));
      if (!http || port === undefined || !isInjected(workload, manifests)) continue;
      if (excludedPorts(workload).includes(port)) continue;
      yield {
        resource: workload.resource,
        field: http.at('port'),
        message: `The hook's port ${port} is behind Istio's proxy. ${afterDeadHook(container)}`,
        advice: '# For a port of control alone; where it is the port of traffic, use an exec hook.',
        edits: [
          {
            field: workload.annotation(excluded),
            value: [...excludedPorts(workload), port].join(','),
          },
        ],
        ...deadHook(container),
      };
    }
  },
};

const excludedPorts = (workload: Workload): string[] =>
  (workload.annotation(excluded).text ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean);
