import { type Field } from '../../input/field.js';
import { type Manifests } from '../../model/manifests.js';
import { replicasOf, share } from '../../model/replicas.js';
import { type Workload } from '../../model/workload.js';
import { type Edit, type Problem, type Rule } from '../../rule.js';

export const maxUnavailable: Rule = {
  id: 'max-unavailable',
  severity: 'warning',
  title: 'The rollout ends pods before their successors are ready',
  why: 'With maxUnavailable above 0 (the default is 25 %, rounded down) old pods go while nothing has replaced them: their subscriptions reconnect to fewer pods. When all ready pods may go at once it is an error: a real cluster refused 19 of 205 requests with 100 %.',
  fix: 'Sets maxUnavailable to 0, and maxSurge to 1 where it would be 0.',
  *check(manifests) {
    for (const workload of manifests.serving) {
      const update = rollingUpdate(workload);
      const problem = update && judge(workload, update, manifests);
      if (problem) yield problem;
    }
  },
};

interface Update {
  readonly field: Field;
  /** What Kubernetes takes when maxUnavailable is absent; undefined: one pod after the other. */
  readonly fallback: string;
  readonly surges: boolean;
}

function rollingUpdate({ resource, kind }: Workload): Update | undefined {
  const strategy = resource.spec.at('strategy');
  switch (kind.rollout) {
    case 'deployment':
      if (strategy.at('type').text === 'Recreate') return undefined;
      return { field: strategy.at('rollingUpdate'), fallback: '25%', surges: true };
    case 'config':
      if (/^(Recreate|Custom)$/.test(strategy.at('type').text ?? '')) return undefined;
      return { field: strategy.at('rollingParams'), fallback: '25%', surges: true };
    case 'argo': {
      const canary = strategy.at('canary');
      // With trafficRouting the stable pods stay until the traffic has moved.
      if (!canary.exists || canary.at('trafficRouting').exists) return undefined;
      return { field: canary, fallback: '25%', surges: true };
    }
    case 'daemon': {
      const update = resource.spec.at('updateStrategy', 'rollingUpdate');
      return { field: update, fallback: '0', surges: false };
    }
    default:
      return undefined;
  }
}

function judge(workload: Workload, update: Update, manifests: Manifests): Problem | undefined {
  const { least, most } = replicasOf(workload, manifests);
  const field = update.field.at('maxUnavailable');
  const rounding = workload.kind.rollout === 'daemon' ? 'up' : 'down';
  const missing = share(field, update.fallback, most, rounding);
  if (!(missing > 0)) return undefined;
  const allAtOnce = share(field, update.fallback, least, rounding) >= least;
  // A DaemonSet replaces pods in place; one at a time is its own default.
  if (workload.kind.rollout === 'daemon' && field.text !== '100%') return undefined;
  const text = field.text ?? `${update.fallback}, the default`;
  return {
    resource: workload.resource,
    field,
    message: allAtOnce
      ? `${least === 1 ? 'The only pod may go' : `All ${least} pods may go at once`} during a rollout (maxUnavailable ${text}): every request is refused until one is ready.`
      : `Up to ${missing} of ${most} pods may be missing during a rollout (maxUnavailable ${text}).`,
    ...(allAtOnce && { severity: 'error' }),
    edits: update.surges ? editsFor(update.field, most) : [{ field, value: 1 }],
  };
}

function editsFor(update: Field, replicas: number): Edit[] {
  const surge = update.at('maxSurge');
  const none = share(surge, '25%', replicas, 'up') === 0;
  return [
    { field: update.at('maxUnavailable'), value: 0 },
    ...(none ? [{ field: surge, value: 1 }] : []),
  ];
}
