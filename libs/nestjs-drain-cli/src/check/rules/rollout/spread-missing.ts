import { type Field } from '../../input/field.js';
import { replicasOf } from '../../model/replicas.js';
import { type Workload } from '../../model/workload.js';
import { type Rule } from '../../rule.js';

export const spreadMissing: Rule = {
  id: 'spread-missing',
  severity: 'note',
  title: 'All pods may run on one node',
  why: "Kubernetes' own default spreads pods only loosely (up to 3 more on one node than on another): two replicas may well share a node, and with the node all streams and all places to reconnect to are gone at once.",
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const field = workload.pod.at('topologySpreadConstraints');
      if (replicasOf(workload, manifests).least < 2 || isSpread(workload.pod)) continue;
      yield {
        resource: workload.resource,
        field,
        message: `Nothing keeps the pods of ${workload.resource.toString()} on different nodes.`,
        edits: [{ field, value: [constraint(workload)] }],
      };
    }
  },
};

const isSpread = (pod: Field): boolean =>
  pod.at('topologySpreadConstraints').items.length > 0 ||
  pod.at('affinity', 'podAntiAffinity').exists;

const constraint = ({ resource, labels }: Workload) => ({
  maxSkew: 1,
  topologyKey: 'kubernetes.io/hostname',
  whenUnsatisfiable: 'ScheduleAnyway',
  labelSelector: {
    matchLabels: resource.spec.at('selector', 'matchLabels').value ?? Object.fromEntries(labels),
  },
});
