import { type Workload } from '../../model/workload.js';
import { type Field } from '../../input/field.js';
import { type Rule } from '../../rule.js';

/** Labels and taints of nodes that the cloud takes back, and the seconds it gives notice. */
const spots: readonly [pattern: RegExp, seconds: number, cloud: string][] = [
  [/cloud\.google\.com\/gke-(spot|preemptible)/, 15, 'GKE'],
  [/kubernetes\.azure\.com\/scalesetpriority/, 30, 'Azure'],
  [
    /karpenter\.sh\/capacity-type|eks\.amazonaws\.com\/capacityType|node\.kubernetes\.io\/lifecycle|spotinst/,
    120,
    'AWS',
  ],
];

export const spotGrace: Rule = {
  id: 'spot-grace',
  severity: 'warning',
  title: 'The pods run on spot nodes, whose notice is shorter than the grace',
  why: 'When the cloud takes a spot node back, the pod has the time of the notice (AWS 120 s, Azure 30 s, GKE 15 s for pods), whatever terminationGracePeriodSeconds says: what is longer is cut with the node. Run these pods on other nodes, or make the streams resumable with a short timeout.',
  *check({ serving }) {
    for (const workload of serving) {
      const found = spotOf(workload);
      if (!found || workload.grace <= found.seconds) continue;
      yield {
        resource: workload.resource,
        field: found.field,
        message: `A spot node of ${found.cloud} is gone ${found.seconds} s after its notice; the grace is ${workload.grace} s.`,
        edits: [{ field: found.field, value: undefined }],
      };
    }
  },
};

function spotOf({ pod }: Workload) {
  for (const field of places(pod)) {
    const text = JSON.stringify(field.value) + String(field.path.at(-1));
    const found = spots.find(([pattern]) => pattern.test(text));
    if (found && /spot|preemptible|true/i.test(text)) {
      return { field, seconds: found[1], cloud: found[2] };
    }
  }
  return undefined;
}

/** A toleration alone lets pods run there too; the selector and the affinity send them there. */
const places = (pod: Field): Field[] => [
  ...pod.at('nodeSelector').entries.map(([, field]) => field),
  ...pod.at('affinity', 'nodeAffinity').entries.map(([, field]) => field),
  ...pod.at('tolerations').items,
];
