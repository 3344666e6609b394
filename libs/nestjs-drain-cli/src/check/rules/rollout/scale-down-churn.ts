import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Server } from '../../model/manifests.js';
import { knowing, type Judgement, type Problem, type Rule } from '../../rule.js';

const defaultWindow = 300;

export const scaleDownChurn: Rule = {
  id: 'scale-down-churn',
  severity: 'warning',
  title: 'The autoscaler takes pods away faster than they drain',
  why: 'Every scale-down drains pods. When the autoscaler decides again before a drain has ended, or takes all surplus pods at once (its default: 100 % every 15 s), the same subscriptions must reconnect again and again, and the pods that are left get all of them at once. KEDA scales by such an autoscaler, and its cooldownPeriod counts only for the last step to zero.',
  *check(manifests) {
    for (const workload of manifests.serving) {
      for (const scaler of manifests.autoscalersOf(workload)) {
        if (downOf(scaler).at('selectPolicy').text === 'Disabled') continue;
        const all = allAtOnce(scaler);
        if (all) yield all;
        for (const server of manifests.serversOf(workload)) yield* tooSoon(scaler, server);
      }
    }
  },
};

const behaviorOf = ({ kind, spec }: Resource): Field =>
  kind === 'ScaledObject'
    ? spec.at('advanced', 'horizontalPodAutoscalerConfig', 'behavior')
    : spec.at('behavior');

const downOf = (scaler: Resource): Field => behaviorOf(scaler).at('scaleDown');

function allAtOnce(scaler: Resource): Problem | undefined {
  const { kind, spec } = scaler;
  const [least, most] =
    kind === 'ScaledObject'
      ? [spec.at('minReplicaCount').number ?? 0, spec.at('maxReplicaCount').number ?? 100]
      : [spec.at('minReplicas').number ?? 1, spec.at('maxReplicas').number ?? 1];
  const down = downOf(scaler);
  if (down.at('policies').items.length > 0 || most - least < 2) return undefined;
  return {
    resource: scaler,
    field: down,
    message: `It may take ${most - least} pods away at once.`,
    edits: [{ field: down.at('policies'), value: [{ type: 'Pods', value: 1, periodSeconds: 60 }] }],
  };
}

/** The window of the steps down, and for KEDA that of the last step to zero. */
function* tooSoon(scaler: Resource, server: Server): Iterable<Judgement> {
  const window = downOf(scaler).at('stabilizationWindowSeconds');
  const cooldown = scaler.spec.at('cooldownPeriod');
  const toZero =
    scaler.kind === 'ScaledObject' && (scaler.spec.at('minReplicaCount').number ?? 0) === 0;
  for (const field of [window, ...(toZero ? [cooldown] : [])]) {
    const actual = field.number ?? defaultWindow;
    yield* knowing(server, ['timeout'], function* ({ timeout }) {
      if (actual >= timeout.seconds) return;
      yield {
        resource: scaler,
        field,
        message: `It decides again after ${actual} s, while a drain may last ${timeout.seconds} s.`,
        edits: [{ field, value: Math.ceil(timeout.seconds) }],
      };
    });
  }
}
