import { type Rule } from '../../rule.js';

/** A pod that took longer than 30 s to start on a starved node was restarted, again and again. */
const least = 60;

export const startupTooTight: Rule = {
  id: 'startup-too-tight',
  severity: 'note',
  title: 'The startup probe leaves little time to start',
  why: 'On a busy node (and in a rollout every node is busy) a service takes longer to start. A startup probe that gives up too soon restarts the container, which then starts again from nothing: the rollout stands still with fewer pods.',
  fix: `Raises failureThreshold so that ${least} s are left.`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('startupProbe');
      const period = probe.at('periodSeconds').number ?? 10;
      const failures = probe.at('failureThreshold').number ?? 3;
      if (!probe.exists || period * failures >= least) continue;
      yield {
        resource: workload.resource,
        field: probe.at('failureThreshold'),
        message: `${container.name} is restarted when it has not started after ${period * failures} s.`,
        edits: [{ field: probe.at('failureThreshold'), value: Math.ceil(least / period) }],
      };
    }
  },
};
