import { type Field } from '../../input/field.js';
import { replicasOf, share } from '../../model/replicas.js';
import { type Rule } from '../../rule.js';

export const disruptionBudgetBlocks: Rule = {
  id: 'disruption-budget-blocks',
  severity: 'warning',
  title: 'The PodDisruptionBudget allows no eviction at all',
  why: 'A node drain then waits until an operator deletes pods by force, or the cloud takes the node away: SIGKILL without hook or grace, and every stream on it is cut.',
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const { most } = replicasOf(workload, manifests);
      for (const budget of manifests.budgetsOf(workload)) {
        const field = blocking(budget.spec, most);
        if (!field) continue;
        yield {
          resource: budget,
          field,
          message: `${field.path.at(-1)} ${field.text} lets none of the ${most} pods of ${workload.resource.toString()} go.`,
          edits: [
            { field: budget.spec.at('minAvailable'), value: undefined },
            { field: budget.spec.at('maxUnavailable'), value: 1 },
          ],
        };
      }
    }
  },
};

/** With an autoscaler the budget blocks for good only when it does so at the most pods. */
function blocking(spec: Field, most: number): Field | undefined {
  const unavailable = spec.at('maxUnavailable');
  // A percentage of maxUnavailable is rounded up by Kubernetes, as is that of minAvailable.
  if (unavailable.exists && share(unavailable, '', most, 'up') === 0) return unavailable;
  const available = spec.at('minAvailable');
  return available.exists && share(available, '', most, 'up') >= most ? available : undefined;
}
