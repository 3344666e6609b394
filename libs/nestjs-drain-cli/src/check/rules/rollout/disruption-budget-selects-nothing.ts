import { type Manifests } from '../../model/manifests.js';
import { type Resource } from '../../input/resource.js';
import { type Workload } from '../../model/workload.js';
import { type Problem, type Rule } from '../../rule.js';
import { matchLabelsOf, nearestWorkload } from '../service/near.js';

export const disruptionBudgetSelectsNothing: Rule = {
  id: 'disruption-budget-selects-nothing',
  severity: 'error',
  title: 'The PodDisruptionBudget selects no pod',
  why: 'A budget whose selector matches nothing protects nothing: a node drain takes all pods at once.',
  *check(manifests) {
    for (const budget of manifests.ofKind('PodDisruptionBudget')) {
      const problem = judge(budget, manifests);
      if (problem) yield problem;
    }
  },
};

function judge(budget: Resource, manifests: Manifests): Problem | undefined {
  const near = missedBy(budget, manifests);
  const labels = budget.spec.at('selector', 'matchLabels');
  return (
    near && {
      resource: budget,
      field: labels,
      message: `Its selector matches no pod in the input; ${near.resource.toString()} is near.`,
      edits: [{ field: labels, value: matchLabelsOf(near) }],
    }
  );
}

/** The workload that a budget without a match was meant for. */
export function missedBy(budget: Resource, manifests: Manifests): Workload | undefined {
  if (manifests.workloadsOf(budget).length > 0) return undefined;
  return nearestWorkload(budget, budget.spec.at('selector', 'matchLabels'), manifests);
}
