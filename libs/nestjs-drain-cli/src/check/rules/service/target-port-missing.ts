import { distance } from 'fastest-levenshtein';
import { type Field } from '../../input/field.js';
import { type Resource } from '../../input/resource.js';
import { type Container } from '../../model/container.js';
import { type Workload } from '../../model/workload.js';
import { type Edit, type Problem, type Rule } from '../../rule.js';

export const targetPortMissing: Rule = {
  id: 'target-port-missing',
  severity: 'error',
  title: 'The Service sends to a port that no container has',
  why: 'A port name that no container declares gives the Service no endpoint, and a number on which nothing listens refuses every connection.',
  *check(manifests) {
    for (const service of manifests.ofKind('Service')) {
      const workloads = manifests.workloadsOf(service);
      for (const port of service.spec.at('ports').items) {
        const problem = judge(service, workloads, port);
        if (problem) yield problem;
      }
    }
  },
};

function judge(
  service: Resource,
  workloads: readonly Workload[],
  port: Field,
): Problem | undefined {
  const target = port.at('targetPort').exists ? port.at('targetPort') : port.at('port');
  const missing = workloads.filter(
    (each) => !containersOf(each).some((one) => one.knowsPort(target)),
  );
  const [first] = missing;
  if (!target.exists || !first) return undefined;
  const declares = containersOf(first).find(({ ports }) => ports.length > 0);
  const what = target.number === undefined ? 'the port name' : 'port';
  const names = missing.map(({ resource }) => resource.toString()).join(' and ');
  return {
    resource: service,
    field: target,
    message: `It sends to ${what} ${target.text}, which no container of ${names} declares.`,
    ...severityOf(target, declares),
    edits: declares
      ? [{ field: port.at('targetPort'), value: declares.ownPort }]
      : declaring(first, target),
  };
}

const containersOf = ({ containers, nativeSidecars }: Workload): Container[] => [
  ...containers,
  ...nativeSidecars,
];

/** containerPort is only information: another number may be right; one that is near is hardly. */
function severityOf(target: Field, declares: Container | undefined): Pick<Problem, 'severity'> {
  if (target.number === undefined) return {};
  const numbers = declares?.ports.map((each) => each.at('containerPort').text ?? '') ?? [];
  const near = numbers.some((each) => distance(each, target.text ?? '') <= 2);
  return { severity: near ? 'warning' : 'note' };
}

/** No container declares a port: the name must be given to one. */
function declaring({ resource, containers }: Workload, target: Field): Edit[] {
  const [first] = containers;
  if (!first) return [];
  const value = [{ name: target.text, containerPort: first.ownPort }];
  return [{ resource, field: first.field.at('ports'), value }];
}
