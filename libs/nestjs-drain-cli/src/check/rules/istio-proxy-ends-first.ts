import { drainTime } from '../drain-settings.js';
import { seconds } from '../duration.js';
import { type Manifests } from '../manifests.js';
import { type Rule } from '../rule.js';
import { type Workload } from '../workload.js';

export const istioProxyEndsFirst: Rule = {
  id: 'istio-proxy-ends-first',
  severity: 'warning',
  title: "Istio's proxy ends before the streams it carries",
  why: 'The proxy gets its SIGTERM at once, while the hook of the service is still waiting, drains for terminationDrainDuration (5 s by default) and exits: every stream through it is cut. Set it for the pod (a setting of the whole mesh is not seen here), or run the proxy as a native sidecar.',
  remedy: `template:
  metadata:
    annotations:
      proxy.istio.io/config: |
        proxyMetadata:
          EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true'

# or, as a native sidecar
#     sidecar.istio.io/nativeSidecar: 'true'`,
  *check(manifests) {
    for (const workload of manifests.serving) {
      if (!isInjected(workload, manifests) || waits(workload)) continue;
      const config = workload.annotation('proxy.istio.io/config');
      yield {
        resource: workload.resource,
        field: config.exists ? config : workload.template.at('metadata', 'annotations'),
        message: 'The injected proxy exits 5 s after SIGTERM, whatever is still open.',
      };
    }
  },
};

function isInjected(workload: Workload, manifests: Manifests): boolean {
  const key = 'sidecar.istio.io/inject';
  const inject = workload.labels.get(key) ?? workload.annotation(key).text;
  if (inject !== undefined) return inject === 'true';
  const namespace = manifests
    .ofKind('Namespace')
    .find((each) => each.name === workload.resource.namespace);
  const labelled =
    namespace?.label('istio-injection').text === 'enabled' ||
    namespace?.label('istio.io/rev').exists;
  return labelled === true || workload.containers.some(({ name }) => name === 'istio-proxy');
}

function waits(workload: Workload): boolean {
  if (workload.annotation('sidecar.istio.io/nativeSidecar').text === 'true') return true;
  if (workload.nativeSidecars.some(({ name }) => name === 'istio-proxy')) return true;
  const proxy = workload.containers.find(({ name }) => name === 'istio-proxy');
  if (proxy?.preStop.exists) return true;
  const variable = 'EXIT_ON_ZERO_ACTIVE_CONNECTIONS';
  if (proxy?.environment.get(variable)?.text === 'true') return true;
  const config = workload.annotation('proxy.istio.io/config').text ?? '';
  if (new RegExp(`${variable}["']?\\s*:\\s*["']?true`).test(config)) return true;
  const [, duration] = /terminationDrainDuration["']?\s*:\s*["']?([\w.]+)/.exec(config) ?? [];
  const needed = Math.max(0, ...workload.containers.map((each) => drainTime(each.drain) ?? 0));
  return (seconds(duration) ?? 0) >= (needed || Infinity);
}
