import { type Rule } from '../../rule.js';
import { probeFor } from './probe-edits.js';

export const readinessMissing: Rule = {
  id: 'readiness-missing',
  severity: 'error',
  title: 'No readiness probe',
  why: 'Without one a pod counts as ready the moment its process runs: the rollout sends it connections before it listens, and ends the old pods before the new ones can take their streams.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('readinessProbe');
      // Knative asks the port by itself.
      if (!workload.isLasting || !workload.hasHooks || probe.exists) continue;
      yield {
        resource: workload.resource,
        field: probe,
        message: `${container.name} has no readinessProbe.`,
        edits: [probeFor(container, 'readinessProbe')],
      };
    }
  },
};
