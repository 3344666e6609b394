import { type Rule } from '../../rule.js';

export const recreateStrategy: Rule = {
  id: 'recreate-strategy',
  severity: 'error',
  title: 'Recreate ends every pod before the first new one starts',
  why: 'With Recreate all pods drain at once and none is left: until the new ones are ready every request is refused, and subscriptions have no pod to reconnect to.',
  *check({ serving }) {
    for (const { resource, kind } of serving) {
      const strategy = resource.spec.at('strategy');
      if (!/^(deployment|config)$/.test(kind.rollout) || strategy.at('type').text !== 'Recreate') {
        continue;
      }
      const value =
        kind.rollout === 'config'
          ? { type: 'Rolling', rollingParams: { maxUnavailable: 0, maxSurge: 1 } }
          : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
      yield {
        resource,
        field: strategy.at('type'),
        message: 'The strategy is Recreate.',
        edits: [{ field: strategy, value }],
      };
    }
  },
};
