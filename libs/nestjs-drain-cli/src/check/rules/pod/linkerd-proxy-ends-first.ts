import { seconds } from '../../model/duration.js';
import { type Manifests, type Server } from '../../model/manifests.js';
import { type Workload } from '../../model/workload.js';
import { knowing, type Problem, type Rule } from '../../rule.js';

const wait = 'config.alpha.linkerd.io/proxy-wait-before-exit-seconds';
const native = [
  'config.beta.linkerd.io/proxy-enable-native-sidecar',
  'config.alpha.linkerd.io/proxy-enable-native-sidecar',
] as const;

export const linkerdProxyEndsFirst: Rule = {
  id: 'linkerd-proxy-ends-first',
  severity: 'warning',
  title: "Linkerd's proxy ends before the streams it carries",
  why: `The proxy gets its SIGTERM at once, while the hook of the service is still waiting: it takes no new connection any more, so the service cannot reach its model or database for the streams that it still answers, and after its own bound it cuts them. Run it as a native sidecar, or let it wait with ${wait}.`,
  *check(manifests) {
    for (const workload of manifests.serving) {
      if (!isMeshed(workload, manifests) || isNative(workload)) continue;
      const waited = seconds(workload.annotation(wait).text) ?? 0;
      if (waited === 0) yield problem(workload, waited);
      else for (const server of manifests.serversOf(workload)) yield* compare(server, waited);
    }
  },
};

const compare = (server: Server, waited: number) =>
  knowing(server, ['timeout'], function* ({ timeout }) {
    if (waited < timeout.seconds) yield problem(server.workload, waited);
  });

function problem(workload: Workload, waited: number): Problem {
  return {
    resource: workload.resource,
    field: workload.annotation(wait),
    message: `The proxy ends ${waited} s after the deletion, while the service still drains.`,
    edits: [{ field: workload.annotation(native[0]), value: 'true' }],
  };
}

/** Is Linkerd's proxy in the pod, by its own annotation, its namespace's or as a container? */
export function isMeshed(workload: Workload, manifests: Manifests): boolean {
  const key = 'linkerd.io/inject';
  const own = workload.annotation(key).text;
  if (own !== undefined) return own === 'enabled' || own === 'ingress';
  const { resource } = workload;
  const inherited = manifests
    .named('Namespace', resource.namespace, resource)
    ?.annotation(key).text;
  const present = workload.containers.some(({ name }) => name === 'linkerd-proxy');
  return inherited === 'enabled' || inherited === 'ingress' || present;
}

function isNative(workload: Workload): boolean {
  return (
    native.some((key) => workload.annotation(key).text === 'true') ||
    workload.nativeSidecars.some(({ name }) => name === 'linkerd-proxy')
  );
}
