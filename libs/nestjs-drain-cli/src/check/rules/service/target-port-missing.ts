import { type Field } from '../../input/field.js';
import { type Workload } from '../../model/workload.js';
import { type Problem, type Rule } from '../../rule.js';
import { type Resource } from '../../input/resource.js';

export const targetPortMissing: Rule = {
  id: 'target-port-missing',
  severity: 'error',
  title: 'The Service sends to a port that no container has',
  why: 'A port name that no container declares gives the Service no endpoint, and a number on which nothing listens refuses every connection.',
  *check(manifests) {
    for (const service of manifests.ofKind('Service')) {
      for (const workload of manifests.workloadsOf(service)) {
        for (const port of service.spec.at('ports').items) {
          const problem = judge(service, workload, port);
          if (problem) yield problem;
        }
      }
    }
  },
};

function judge(service: Resource, workload: Workload, port: Field): Problem | undefined {
  const target = port.at('targetPort').exists ? port.at('targetPort') : port.at('port');
  const containers = [...workload.containers, ...workload.nativeSidecars];
  if (!target.exists || containers.some((each) => each.knowsPort(target))) return undefined;
  const declares = containers.find(({ ports }) => ports.length > 0);
  const value = declares?.ownPort;
  const isName = target.number === undefined;
  return {
    resource: service,
    field: target,
    message: `It sends to ${isName ? 'the port name' : 'port'} ${target.text}, which no container of ${workload.resource.toString()} declares.`,
    // containerPort is only information: a number may be right all the same.
    ...(!isName && { severity: 'warning' }),
    edits:
      value === undefined ? declaring(workload, target) : [{ field: port.at('targetPort'), value }],
  };
}

/** No container declares a port: the name must be given to one. */
function declaring({ resource, containers }: Workload, target: Field) {
  const [first] = containers;
  if (!first) return [];
  const value = [{ name: target.text, containerPort: first.ownPort }];
  return [{ resource, field: first.field.at('ports'), value }];
}
