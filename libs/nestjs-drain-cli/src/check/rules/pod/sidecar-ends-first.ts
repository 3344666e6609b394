import { type Container } from '../../model/container.js';
import { type Workload } from '../../model/workload.js';
import { type Edit, type Rule } from '../../rule.js';

/** Meshes have rules of their own. */
const meshes = /^(istio|linkerd)-proxy$/;

export const sidecarEndsFirst: Rule = {
  id: 'sidecar-ends-first',
  severity: 'warning',
  title: 'A proxy beside the service ends before it',
  why: 'All containers of a pod get their hook and SIGTERM at the same time. A proxy without a hook is gone in a moment, while the service still drains: its streams, or its way to the database, are cut. A native sidecar (an init container with `restartPolicy: Always`, Kubernetes 1.29+) is ended after the other containers.',
  *check(manifests) {
    for (const workload of manifests.serving) {
      const servers = manifests.serversOf(workload).map(({ container }) => container);
      for (const container of workload.containers) {
        if (servers.includes(container) || !container.isProxy || container.preStop.exists) continue;
        if (meshes.test(container.name) || waitsBySetting(container)) continue;
        yield {
          resource: workload.resource,
          field: container.field,
          message: `${container.name} (${container.image}) has no preStop hook and ends at once.`,
          edits: asNativeSidecar(workload, container),
        };
      }
    }
  },
};

/** Moves the container to the init containers, which the others are started after and ended before. */
function asNativeSidecar({ pod }: Workload, { field }: Container): Edit[] {
  const others = pod.at('containers').items.filter((each) => each.value !== field.value);
  const sidecar = { ...(field.value as object), restartPolicy: 'Always' };
  const before = pod.at('initContainers').items.map((each) => each.value);
  return [
    { field: pod.at('containers'), value: others.map((each) => each.value) },
    { field: pod.at('initContainers'), value: [sidecar, ...before] },
  ];
}

/** The Cloud SQL proxy waits for its connections when a flag says so. */
function waitsBySetting({ command }: Container): boolean {
  return command.some((word) => /max-sigterm-delay|term_timeout/.test(word.text ?? ''));
}
