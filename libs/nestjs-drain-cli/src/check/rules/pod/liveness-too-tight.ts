import { type Rule } from '../../rule.js';

/** A busy event loop may miss a probe or two while thousands of streams are asked to reconnect. */
const patience = 10;

export const livenessTooTight: Rule = {
  id: 'liveness-too-tight',
  severity: 'warning',
  title: 'The liveness probe gives up too soon',
  why: 'Asking thousands of streams to reconnect keeps the event loop busy. A liveness probe that gives up after one failure, or within seconds, restarts a container that was only busy, and cuts every stream it has.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const probe = container.probe('livenessProbe');
      const failures = probe.at('failureThreshold').number ?? 3;
      const period = probe.at('periodSeconds').number ?? 10;
      if (!probe.exists || (failures > 1 && failures * period >= patience)) continue;
      yield {
        resource: workload.resource,
        field: probe,
        message: `${container.name} is restarted after ${failures} failed probe(s) in ${failures * period} s.`,
        edits: [
          {
            field: probe.at('failureThreshold'),
            value: Math.max(3, Math.ceil(patience / period)),
          },
        ],
      };
    }
  },
};
