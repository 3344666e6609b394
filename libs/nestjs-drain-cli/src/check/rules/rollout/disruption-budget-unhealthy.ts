import { type Rule } from '../../rule.js';

export const disruptionBudgetUnhealthy: Rule = {
  id: 'disruption-budget-unhealthy',
  severity: 'note',
  title: 'The PodDisruptionBudget protects pods that are not ready',
  why: 'By default (IfHealthyBudget) a pod that is not ready is not evicted while the budget is used up: one that crashes or hangs blocks the node drain, until the node is taken away with SIGKILL for everything on it. A pod that is not ready serves no stream; AlwaysAllow (Kubernetes 1.27+) lets it go.',
  fix: 'Sets unhealthyPodEvictionPolicy to AlwaysAllow.',
  *check(manifests) {
    const budgets = new Set(manifests.serving.flatMap((each) => manifests.budgetsOf(each)));
    for (const budget of budgets) {
      const field = budget.spec.at('unhealthyPodEvictionPolicy');
      if (field.text === 'AlwaysAllow') continue;
      yield {
        resource: budget,
        field,
        message: `${budget.toString()} keeps pods that are not ready from being evicted.`,
        edits: [{ field, value: 'AlwaysAllow' }],
      };
    }
  },
};
