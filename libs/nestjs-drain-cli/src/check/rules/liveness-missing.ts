import { type Rule } from '../rule.js';

export const livenessMissing: Rule = {
  id: 'liveness-missing',
  severity: 'note',
  title: 'No liveness probe',
  why: 'A process that hangs keeps its connections open and sends nothing: its streams stall until somebody notices, and a rollout waits for it until the grace has passed.',
  remedy: `livenessProbe:
  httpGet: { path: /health, port: http }
  periodSeconds: 10
  failureThreshold: 3`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('livenessProbe');
      if (!workload.isLasting || probe.exists) continue;
      yield {
        resource: workload.resource,
        field: probe,
        message: `${container.name} has no livenessProbe.`,
      };
    }
  },
};
