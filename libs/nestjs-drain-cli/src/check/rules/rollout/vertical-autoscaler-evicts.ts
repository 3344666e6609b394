import { type Rule } from '../../rule.js';

export const verticalAutoscalerEvicts: Rule = {
  id: 'vertical-autoscaler-evicts',
  severity: 'warning',
  title: 'The vertical autoscaler evicts pods to resize them',
  why: 'In the modes Auto and Recreate (Auto is the default) the updater evicts running pods whenever its recommendation has moved: a drain at any hour, for no release. With Initial the sizes are set when pods start anyway.',
  fix: 'Sets updateMode to Initial.',
  *check(manifests) {
    for (const scaler of manifests.ofKind('VerticalPodAutoscaler')) {
      const field = scaler.spec.at('updatePolicy', 'updateMode');
      const target = scaler.spec.at('targetRef', 'name').text;
      const serves = manifests.serving.some(({ resource }) => resource.name === target);
      if (!serves || /^(Off|Initial)$/.test(field.text ?? '')) continue;
      yield {
        resource: scaler,
        field,
        message: `updateMode ${field.text ?? 'Auto, the default,'} evicts pods of ${target} whenever the recommendation moves.`,
        edits: [{ field, value: 'Initial' }],
      };
    }
  },
};
