import { type Container } from '../container.js';
import { type Edit, type Rule } from '../rule.js';

const variable = 'GRACEFUL_SHUTDOWN_PROPAGATION_DELAY';
/** New connections were seen up to 0.9 s after the deletion of a pod. */
const least = 1;
const proposed = 5;

export const propagationDelayZero: Rule = {
  id: 'propagation-delay-zero',
  severity: 'warning',
  title: 'New streams are refused while the Service still sends them',
  why: 'Endpoint removal and the hook run at the same time. kube-proxy keeps sending new connections to the pod for up to a second, cloud load balancers for longer; without a propagationDelay (or a sleep before the drain) each of them gets a 503.',
  remedy: `env:
  - name: ${variable}
    value: '${proposed}'`,
  fix: `Sets ${variable} to ${proposed}, where the timeout is longer than that.`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      const delay = container.drain?.propagationDelay;
      if (!delay || delay.seconds + container.preStop.sleep >= least) continue;
      yield {
        resource: workload.resource,
        field: delay.field ?? container.field.at('env'),
        message: `${container.name} refuses new streams ${delay.seconds} s after the first trigger; the Service needs about a second to hear of it.`,
        edits: edits(container),
      };
    }
  },
};

function edits({ drain, field }: Container): Edit[] {
  const timeout = drain?.timeout?.seconds ?? 0;
  if (timeout <= proposed) return [];
  const set = drain?.propagationDelay?.field;
  if (set) return [{ field: set, value: String(proposed) }];
  const end = field.at('env', field.at('env').items.length);
  return [{ field: end, value: { name: variable, value: String(proposed) } }];
}
