import { type Rule } from '../../rule.js';

/** A grace up to Kubernetes' default of 30 s is short enough for a pod that hangs. */
const short = 30;

export const probeGrace: Rule = {
  id: 'probe-grace',
  severity: 'note',
  title: 'A container that hangs is kept for the whole grace',
  why: 'When the liveness or startup probe has failed, the kubelet still runs the hook and waits for the whole terminationGracePeriodSeconds before it restarts the container (332 s measured for a grace of 330, 7 s with a probe-level grace of 5). A container that never started has no stream: its grace can be short. The trade of a short grace at the liveness probe: a container that was only slow loses its drain.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      if (workload.grace <= short || !workload.hasHooks) continue;
      for (const [name, value] of [
        ['startupProbe', 5],
        ['livenessProbe', short],
      ] as const) {
        const probe = container.probe(name);
        const field = probe.at('terminationGracePeriodSeconds');
        if (!probe.exists || field.exists) continue;
        yield {
          resource: workload.resource,
          field,
          message: `When the ${name} has failed, ${container.name} is kept for ${workload.grace} s more.`,
          edits: [{ field, value }],
        };
      }
    }
  },
};
