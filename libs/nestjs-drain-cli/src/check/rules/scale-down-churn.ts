import { type Resource } from '../resource.js';
import { type Rule } from '../rule.js';
import { type Workload } from '../workload.js';

const defaultWindow = 300;

export const scaleDownChurn: Rule = {
  id: 'scale-down-churn',
  severity: 'warning',
  title: 'The autoscaler takes pods away faster than they drain',
  why: 'Every scale-down drains pods. When the autoscaler decides again before a drain has ended, or takes all surplus pods at once (its default: 100 % every 15 s), the same subscriptions are told again and again, and the pods that are left get all of them at once.',
  remedy: `spec:
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300 # at least the drain's timeout
      policies:
        - { type: Pods, value: 1, periodSeconds: 60 }`,
  *check(manifests) {
    for (const workload of manifests.serving) {
      for (const scaler of manifests.autoscalersOf(workload)) {
        const message = churn(scaler, timeoutOf(workload));
        if (scaler.kind !== 'HorizontalPodAutoscaler' || !message) continue;
        yield { resource: scaler, field: scaler.spec.at('behavior', 'scaleDown'), message };
      }
    }
  },
};

function timeoutOf(workload: Workload): number {
  return Math.max(0, ...workload.containers.map((each) => each.drain?.timeout?.seconds ?? 0));
}

function churn({ spec }: Resource, timeout: number): string | undefined {
  const down = spec.at('behavior', 'scaleDown');
  if (down.at('selectPolicy').text === 'Disabled') return undefined;
  const window = down.at('stabilizationWindowSeconds').number ?? defaultWindow;
  const wanted = timeout || defaultWindow;
  if (window < wanted)
    return `It decides again after ${window} s, while a drain may last ${wanted} s.`;
  const spare = (spec.at('maxReplicas').number ?? 1) - (spec.at('minReplicas').number ?? 1);
  const limited = down.at('policies').items.length > 0;
  return limited || spare < 2 ? undefined : `It may take ${spare} pods away at once.`;
}
