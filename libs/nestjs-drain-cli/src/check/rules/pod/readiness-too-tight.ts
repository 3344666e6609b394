import { type Rule } from '../../rule.js';

export const readinessTooTight: Rule = {
  id: 'readiness-too-tight',
  severity: 'warning',
  title: 'The readiness probe takes a busy pod out after one failure',
  why: 'A probe that gives up after one answer that took longer than a second takes healthy pods out of rotation on a busy node, all of them at once. At a deletion it buys nothing: the deletion itself has taken the endpoint out by then (after 0.06 to 0.10 s, the probe after 0.4 to 2.8 s, measured on a real kubelet).',
  fix: 'Sets failureThreshold to 2.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('readinessProbe');
      const failures = probe.at('failureThreshold').number ?? 3;
      const timeout = probe.at('timeoutSeconds').number ?? 1;
      if (!probe.exists || failures > 1 || timeout > 1) continue;
      yield {
        resource: workload.resource,
        field: probe.at('failureThreshold'),
        message: `${container.name} is out of rotation after one answer that took ${timeout} s.`,
        edits: [{ field: probe.at('failureThreshold'), value: 2 }],
      };
    }
  },
};
