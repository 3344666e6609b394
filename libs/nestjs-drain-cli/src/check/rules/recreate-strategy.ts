import { type Rule } from '../rule.js';

export const recreateStrategy: Rule = {
  id: 'recreate-strategy',
  severity: 'error',
  title: 'Recreate ends every pod before the first new one starts',
  why: 'With Recreate all pods drain at once and none is left: until the new ones are ready every request is refused and every told subscription fails to reconnect.',
  remedy: `spec:
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }`,
  *check({ serving }) {
    for (const { resource } of serving) {
      const type = resource.spec.at('strategy', 'type');
      if (resource.kind !== 'Deployment' || type.text !== 'Recreate') continue;
      yield { resource, field: type, message: 'The strategy is Recreate.' };
    }
  },
};
