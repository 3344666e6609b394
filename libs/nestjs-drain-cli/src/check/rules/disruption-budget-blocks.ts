import { disruptionBudgetsOf } from '../disruption-budget.js';
import { type Field } from '../field.js';
import { replicasOf, share } from '../replicas.js';
import { type Rule } from '../rule.js';

export const disruptionBudgetBlocks: Rule = {
  id: 'disruption-budget-blocks',
  severity: 'warning',
  title: 'The PodDisruptionBudget allows no eviction at all',
  why: 'A node drain then waits until somebody loses patience and deletes pods by force, or the cloud takes the node away: SIGKILL without hook or grace, and every stream on it is cut.',
  remedy: `spec:
  maxUnavailable: 1`,
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const { least, most } = replicasOf(workload, manifests);
      for (const budget of disruptionBudgetsOf(workload, manifests)) {
        const field = blocking(budget.spec, least, most);
        if (!field) continue;
        yield {
          resource: budget,
          field,
          message: `${field.path.at(-1)} ${field.text} lets none of the ${most} pods of ${workload.resource.toString()} go.`,
        };
      }
    }
  },
};

/** With an autoscaler the budget blocks for good only when it does so at the most pods. */
function blocking(spec: Field, least: number, most: number): Field | undefined {
  const unavailable = spec.at('maxUnavailable');
  // A percentage of maxUnavailable is rounded up by Kubernetes, as is that of minAvailable.
  if (unavailable.exists && share(unavailable, '', most, 'up') === 0) return unavailable;
  const available = spec.at('minAvailable');
  const blocks = available.exists && share(available, '', most, 'up') >= most && least > 1;
  return blocks ? available : undefined;
}
