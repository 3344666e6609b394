import { type Manifests, sameNamespace, targetOf } from '../../model/manifests.js';
import { closest } from '../../model/closest.js';
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
  const workloads = manifests.workloads
    .map(({ resource }) => resource)
    .filter((each) => sameNamespace(each, scaler));
  const isVertical = scaler.kind === 'VerticalPodAutoscaler';
  const target = scaler.spec.at(isVertical ? 'targetRef' : 'scaleTargetRef');
  const wanted = isVertical
    ? `${target.at('kind').text ?? ''}/${target.at('name').text ?? ''}`
    : targetOf(scaler);
  if (workloads.length === 0 || workloads.some((each) => each.toString() === wanted)) {
    return undefined;
  }
  const name = target.at('name').text ?? '';
  const near = nearTo(scaler, name, workloads);
  return {
    resource: scaler,
    field: target.at('name'),
    message: `It scales ${wanted}, which is not in the input${near ? `; ${near.toString()} is` : ''}.`,
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

function nearTo(scaler: Resource, name: string, workloads: readonly Resource[]) {
  const found = closest(
    name,
    workloads.map((each) => each.name),
  );
  const [only, ...more] = workloads;
  const sameName = scaler.name === only?.name && more.length === 0;
  return workloads.find((each) => each.name === found) ?? (sameName ? only : undefined);
}
