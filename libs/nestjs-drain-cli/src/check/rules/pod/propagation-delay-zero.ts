import { type Server } from '../../model/manifests.js';
import { type Container } from '../../model/container.js';
import { readsDrainVariables } from '../../model/image.js';
import { type Setting } from '../../model/settings.js';
import { type Edit, knowing, type Problem, type Rule } from '../../rule.js';

/** New connections were seen up to 0.9 s after the deletion of a pod. */
const least = 1;
const proposed = 5;

export const propagationDelayZero: Rule = {
  id: 'propagation-delay-zero',
  severity: 'warning',
  title: 'New streams are refused while the Service still sends them',
  why: 'Endpoint removal and the hook run at the same time. kube-proxy keeps sending new connections to the pod for up to a second, cloud load balancers for longer; without a propagationDelay (or a sleep before the drain) each of them gets a 503.',
  fix: `Sets the variable to ${proposed}, where the service reads one and the timeout is longer than that.`,
  *check({ servers }) {
    for (const server of servers.filter(({ container }) => container.drains)) {
      const { workload, container } = server;
      if (container.preStop.sleep >= least) continue;
      yield* knowing(server, ['propagationDelay'], function* ({ propagationDelay: delay }) {
        if (delay.seconds + container.preStop.sleep >= least) return;
        yield {
          resource: workload.resource,
          field: delay.field ?? container.field.at('env'),
          message: `${container.name} refuses new streams ${delay.seconds} s after the first trigger; the Service needs about a second to hear of it.`,
          ...remedyFor(server, delay),
        };
      });
    }
  },
};

/** Only the reference service reads a variable; of any other the code must be changed. */
function remedyFor({ container }: Server, delay: Setting): Partial<Problem> {
  const inCode = `# In the code: GracefulShutdownModule.forRoot({ propagationDelay: ${proposed} })`;
  const timeout = container.settings.get('timeout')?.seconds ?? 0;
  if (!readsDrainVariables(container.image)) {
    const edits = delay.field ? [{ field: delay.field, value: String(proposed) }] : [];
    return { asks: true, advice: inCode, edits };
  }
  return { asks: timeout <= proposed, edits: [variableEdit(container, delay)] };
}

function variableEdit({ field }: Container, delay: Setting): Edit {
  if (delay.field) return { field: delay.field, value: String(proposed) };
  const env = field.at('env');
  const value = { name: 'GRACEFUL_SHUTDOWN_PROPAGATION_DELAY', value: String(proposed) };
  return { field: env.at(env.items.length), value };
}
