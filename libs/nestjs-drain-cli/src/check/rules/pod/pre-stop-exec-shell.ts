import { hasNoShell } from '../../model/image.js';
import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook, hookFor } from './hook.js';

const tools = /^(\/usr)?(\/local)?(\/bin\/)?(sh|bash|ash|dash|sleep|curl|wget|kill|env)$/;

export const preStopExecShell: Rule = {
  id: 'pre-stop-exec-shell',
  severity: 'error',
  title: 'The preStop hook runs a tool that the image does not have',
  why: 'Distroless and scratch images hold no shell, sleep, curl or wget. The exec fails, the kubelet records FailedPreStopHook and sends SIGTERM at once. A httpGet or sleep hook is done by the kubelet and needs no tool in the image.',
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        const [tool] = container.preStop.command;
        if (!tool || !tools.test(tool) || !hasNoShell(container.image)) continue;
        yield {
          resource: workload.resource,
          field: container.preStop.field.at('exec', 'command'),
          message: `${container.image} has no ${tool}. ${afterDeadHook(container)}`,
          edits: [hookFor(container)],
          ...deadHook(container),
        };
      }
    }
  },
};
