import { type Container } from '../container.js';
import { type Rule } from '../rule.js';

/** Meshes have rules of their own. */
const meshes = /^(istio|linkerd)-proxy$/;

export const sidecarEndsFirst: Rule = {
  id: 'sidecar-ends-first',
  severity: 'warning',
  title: 'A proxy beside the service ends before it',
  why: 'All containers of a pod get their hook and SIGTERM at the same time. A proxy without a hook is gone in a moment, while the service still drains: its streams, or its way to the database, are cut. A native sidecar is ended after the other containers.',
  remedy: `spec:
  initContainers:
    - name: proxy
      restartPolicy: Always # a native sidecar: starts first, ends last (Kubernetes 1.29+)
      image: envoyproxy/envoy:v1.36.0`,
  *check({ serving, servers }) {
    for (const workload of serving) {
      for (const container of workload.containers) {
        const serves = servers.some((server) => server.container === container);
        if (serves || !container.isProxy || container.preStop.exists) continue;
        if (meshes.test(container.name) || waitsBySetting(container)) continue;
        yield {
          resource: workload.resource,
          field: container.field,
          message: `${container.name} (${container.image}) has no preStop hook and ends at once.`,
        };
      }
    }
  },
};

/** The Cloud SQL proxy waits for its connections when it is told so. */
function waitsBySetting({ field }: Container): boolean {
  const words = [...field.at('command').items, ...field.at('args').items];
  return words.some((word) => /max-sigterm-delay|term_timeout/.test(word.text ?? ''));
}
