import { type Field } from '../field.js';
import { type Rule } from '../rule.js';

export const httpGetHost: Rule = {
  id: 'http-get-host',
  severity: 'error',
  title: 'A hook or probe calls the node instead of the pod',
  why: "The kubelet calls from the node: `host: localhost` is the node's own loopback. The hook is refused and SIGTERM comes at once; the probe fails, or asks somebody else.",
  remedy: `httpGet:
  # no host: the kubelet takes the pod's address
  path: /shutdown/wait
  port: http`,
  fix: 'Removes the host.',
  *check({ workloads }) {
    for (const workload of workloads.filter((each) => each.pod.at('hostNetwork').value !== true)) {
      for (const { field: container } of workload.containers) {
        for (const field of hosts(container)) {
          if (!/^(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(field.text ?? '')) continue;
          yield {
            resource: workload.resource,
            field,
            message: `${field.path.at(-3)} calls ${field.text} of the node.`,
            edits: [{ field, value: undefined }],
          };
        }
      }
    }
  },
};

const hosts = (container: Field): Field[] =>
  [
    container.at('lifecycle', 'preStop'),
    container.at('readinessProbe'),
    container.at('livenessProbe'),
    container.at('startupProbe'),
  ].map((handler) => handler.at('httpGet', 'host'));
