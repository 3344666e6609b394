import { drainTime } from '../drain-settings.js';
import { seconds } from '../duration.js';
import { type Manifests } from '../manifests.js';
import { type Rule } from '../rule.js';
import { type Workload } from '../workload.js';

const wait = 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds';
const native = [
  'config.beta.linkerd.io/proxy-enable-native-sidecar',
  'config.alpha.linkerd.io/proxy-enable-native-sidecar',
];

export const linkerdProxyEndsFirst: Rule = {
  id: 'linkerd-proxy-ends-first',
  severity: 'warning',
  title: "Linkerd's proxy ends before the streams it carries",
  why: 'The proxy gets its SIGTERM at once, while the hook of the service is still waiting: it takes no new connection any more, so the service cannot reach its model or database for the streams that it still answers, and after its own bound it cuts them.',
  remedy: `template:
  metadata:
    annotations:
      ${wait}: '305' # timeout + flushTimeout, below the grace
# or, as a native sidecar
#     ${native[0]}: 'true'`,
  *check(manifests) {
    for (const workload of manifests.serving) {
      const needed = Math.max(1, ...workload.containers.map((each) => drainTime(each.drain) ?? 0));
      const waited = workload.annotation(wait);
      if (!isInjected(workload, manifests) || isNative(workload)) continue;
      if ((seconds(waited.text) ?? 0) >= needed) continue;
      yield {
        resource: workload.resource,
        field: waited,
        message: `The proxy ends ${waited.text ?? 0} s after the deletion, the drain may last ${needed} s.`,
      };
    }
  },
};

function isInjected(workload: Workload, manifests: Manifests): boolean {
  const key = 'linkerd.io/inject';
  const own = workload.annotation(key).text;
  if (own !== undefined) return own === 'enabled' || own === 'ingress';
  const namespace = manifests
    .ofKind('Namespace')
    .find((each) => each.name === workload.resource.namespace);
  const inherited = namespace?.annotation(key).text;
  const present = workload.containers.some(({ name }) => name === 'linkerd-proxy');
  return inherited === 'enabled' || inherited === 'ingress' || present;
}

function isNative(workload: Workload): boolean {
  return (
    native.some((key) => workload.annotation(key).text === 'true') ||
    workload.nativeSidecars.some(({ name }) => name === 'linkerd-proxy')
  );
}
