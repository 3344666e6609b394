import { type Rule } from '../rule.js';

export const readinessMissing: Rule = {
  id: 'readiness-missing',
  severity: 'error',
  title: 'No readiness probe',
  why: 'Without one a pod counts as ready the moment its process runs: the rollout sends it connections before it listens, and ends the old pods before the new ones can take their streams.',
  remedy: `readinessProbe:
  httpGet: { path: /ready, port: http }
  periodSeconds: 5`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('readinessProbe');
      if (!workload.isLasting || probe.exists) continue;
      yield {
        resource: workload.resource,
        field: probe,
        message: `${container.name} has no readinessProbe.`,
      };
    }
  },
};
