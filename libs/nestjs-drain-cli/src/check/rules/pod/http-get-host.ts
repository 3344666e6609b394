import { type Field } from '../../input/field.js';
import { type Container } from '../../model/container.js';
import { type Rule } from '../../rule.js';
import { deadHook } from './hook.js';

export const httpGetHost: Rule = {
  id: 'http-get-host',
  severity: 'error',
  title: 'A hook or probe calls the node instead of the pod',
  why: "The kubelet calls from the node: `host: localhost` is the node's own loopback. The hook is refused and SIGTERM comes at once; the probe fails, or asks another program. Without a host the kubelet takes the pod's address.",
  fix: 'Removes the host.',
  *check({ workloads }) {
    for (const workload of workloads.filter((each) => each.pod.at('hostNetwork').value !== true)) {
      for (const container of workload.containers) {
        for (const field of hosts(container)) {
          if (!/^(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(field.text ?? '')) continue;
          yield {
            resource: workload.resource,
            field,
            message: `${field.path.at(-3)} calls ${field.text} of the node.`,
            edits: [{ field, value: undefined }],
            ...(field.path.at(-3) === 'preStop' && deadHook(container)),
          };
        }
      }
    }
  },
};

const hosts = ({ field: container }: Container): Field[] =>
  [
    container.at('lifecycle', 'preStop'),
    container.at('readinessProbe'),
    container.at('livenessProbe'),
    container.at('startupProbe'),
  ].map((handler) => handler.at('httpGet', 'host'));
