import { seconds } from '../../model/duration.js';
import { type Manifests, type Server } from '../../model/manifests.js';
import { type Workload } from '../../model/workload.js';
import { knowing, type Problem, type Rule } from '../../rule.js';

const variable = 'EXIT_ON_ZERO_ACTIVE_CONNECTIONS';
const native = 'sidecar.istio.io/nativeSidecar';

export const istioProxyEndsFirst: Rule = {
  id: 'istio-proxy-ends-first',
  severity: 'warning',
  title: "Istio's proxy ends before the streams it carries",
  why: `The proxy gets its SIGTERM at once, while the hook of the service is still waiting, drains for terminationDrainDuration (5 s by default) and exits: every stream through it is cut. Run it as a native sidecar, or let it wait with ${variable} in proxy.istio.io/config (a setting of the whole mesh is not seen here).`,
  *check(manifests) {
    for (const workload of manifests.serving) {
      if (!isInjected(workload, manifests) || waits(workload)) continue;
      const config = workload.annotation('proxy.istio.io/config').text ?? '';
      const [, text] = /terminationDrainDuration["']?\s*:\s*["']?([\w.]+)/.exec(config) ?? [];
      const duration = seconds(text);
      if (duration === undefined) yield problem(workload, 5);
      else for (const server of manifests.serversOf(workload)) yield* compare(server, duration);
    }
  },
};

const compare = (server: Server, duration: number) =>
  knowing(server, ['timeout'], function* ({ timeout }) {
    if (duration < timeout.seconds) yield problem(server.workload, duration);
  });

function problem(workload: Workload, duration: number): Problem {
  const config = workload.annotation('proxy.istio.io/config');
  return {
    resource: workload.resource,
    field: config.exists ? config : workload.template.at('metadata', 'annotations'),
    message: `The injected proxy exits ${duration} s after SIGTERM, whatever is still open.`,
    edits: [{ field: workload.annotation(native), value: 'true' }],
  };
}

/** Does Istio put its proxy into the workload's pods? */
export function isInjected(workload: Workload, manifests: Manifests): boolean {
  const key = 'sidecar.istio.io/inject';
  const inject = workload.labels.get(key) ?? workload.annotation(key).text;
  if (inject !== undefined) return inject === 'true';
  const { resource } = workload;
  const namespace = manifests.named('Namespace', resource.namespace, resource);
  const labelled =
    namespace?.label('istio-injection').text === 'enabled' ||
    namespace?.label('istio.io/rev').exists;
  return labelled === true || workload.containers.some(({ name }) => name === 'istio-proxy');
}

function waits(workload: Workload): boolean {
  if (workload.annotation(native).text === 'true') return true;
  if (workload.nativeSidecars.some(({ name }) => name === 'istio-proxy')) return true;
  const proxy = workload.containers.find(({ name }) => name === 'istio-proxy');
  if (proxy?.preStop.exists) return true;
  if (proxy?.environment.get(variable)?.text === 'true') return true;
  const config = workload.annotation('proxy.istio.io/config').text ?? '';
  return new RegExp(`${variable}["']?\\s*:\\s*["']?true`).test(config);
}
