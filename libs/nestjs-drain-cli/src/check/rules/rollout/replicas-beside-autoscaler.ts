import { type Rule } from '../../rule.js';

export const replicasBesideAutoscaler: Rule = {
  id: 'replicas-beside-autoscaler',
  severity: 'warning',
  title: 'The manifest sets replicas beside an autoscaler',
  why: 'Every apply sets the number of pods back to that of the manifest, whatever the load: the surplus pods drain all at once, at each deployment, and the autoscaler then starts them again.',
  fix: 'Removes replicas.',
  *check(manifests) {
    for (const workload of manifests.serving.filter((each) => each.isReplicated)) {
      const field = workload.resource.spec.at('replicas');
      const [scaler] = manifests.autoscalersOf(workload);
      if (!scaler || !field.exists) continue;
      yield {
        resource: workload.resource,
        field,
        message: `${scaler.toString()} decides how many pods there are; replicas ${field.text} undoes it at each apply.`,
        edits: [{ field, value: undefined }],
      };
    }
  },
};
