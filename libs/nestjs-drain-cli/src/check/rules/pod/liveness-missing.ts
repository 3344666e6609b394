import { type Rule } from '../../rule.js';
import { probeFor } from './probe-edits.js';

export const livenessMissing: Rule = {
  id: 'liveness-missing',
  severity: 'note',
  title: 'No liveness probe',
  why: 'A process that hangs keeps its connections open and sends nothing: its streams stall until an operator sees it, and a rollout waits for it until the grace has passed.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('livenessProbe');
      if (!workload.isLasting || probe.exists) continue;
      const edit = probeFor(container, 'livenessProbe');
      const grace = workload.grace > 30 ? { terminationGracePeriodSeconds: 30 } : {};
      yield {
        resource: workload.resource,
        field: probe,
        message: `${container.name} has no livenessProbe.`,
        edits: [{ ...edit, value: { ...(edit.value as object), ...grace } }],
      };
    }
  },
};
