import { least } from 'd3-array';
import { distance } from 'fastest-levenshtein';
import { type Manifests, sameNamespace } from '../../model/manifests.js';
import { oncePerManifests } from '../../model/once-per-manifests.js';
import { TypingIndex } from '../../model/typing-index.js';
import { type Resource } from '../../input/resource.js';
import { type Problem, type Rule } from '../../rule.js';

export const autoscalerTargetMissing: Rule = {
  id: 'autoscaler-target-missing',
  severity: 'error',
  title: 'The autoscaler names no workload of the input',
  why: 'An autoscaler without its target does nothing: the workload stays at its number of pods, is overloaded, and its probes fail under the load, which takes its pods out of rotation or restarts them with their streams.',
  *check(manifests) {
    const scalers = manifests.ofKind(
      'HorizontalPodAutoscaler',
      'ScaledObject',
      'VerticalPodAutoscaler',
    );
    for (const scaler of scalers) {
      const problem = judge(scaler, manifests);
      if (problem) yield problem;
    }
  },
};

function judge(scaler: Resource, manifests: Manifests): Problem | undefined {
  const isVertical = scaler.kind === 'VerticalPodAutoscaler';
  const target = scaler.spec.at(isVertical ? 'targetRef' : 'scaleTargetRef');
  const kind = target.at('kind').text ?? (isVertical ? '' : 'Deployment');
  const name = target.at('name').text ?? '';
  const hasWorkload = manifests.workloads.some((each) => sameNamespace(each.resource, scaler));
  if (!hasWorkload || manifests.named(kind, name, scaler)) return undefined;
  const near = nearTo(scaler, name, manifests);
  return {
    resource: scaler,
    field: target.at('name'),
    message: `It scales ${kind}/${name}, which is not in the input${near ? `; ${near.toString()} is` : ''}.`,
    // The target may come from elsewhere.
    ...(near ? {} : { severity: 'note', advice: '# Pass the manifest of its target as well.' }),
    edits: near
      ? [
          { field: target.at('kind'), value: near.kind },
          { field: target.at('name'), value: near.name },
        ]
      : [],
  };
}

function nearTo(scaler: Resource, name: string, manifests: Manifests): Resource | undefined {
  const near = namesOf(manifests)
    .near(name)
    .filter((each) => sameNamespace(each, scaler));
  const [only, ...more] = manifests.workloads;
  const isOnly = more.length === 0 && only?.resource.name === scaler.name;
  return least(near, (each) => distance(each.name, name)) ?? (isOnly ? only.resource : undefined);
}

const namesOf = oncePerManifests(({ workloads }) => {
  const names = new TypingIndex<Resource>();
  for (const { resource } of workloads) names.add(resource.name, resource);
  return names;
});
