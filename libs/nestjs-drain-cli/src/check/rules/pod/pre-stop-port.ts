import { type Rule } from '../../rule.js';
import { afterDeadHook, deadHook } from './hook.js';

export const preStopPort: Rule = {
  id: 'pre-stop-port',
  severity: 'error',
  title: 'The preStop hook calls a port that is not there',
  why: 'When the connection is refused, or the port name is not known, the kubelet records FailedPreStopHook and sends SIGTERM at once.',
  *check({ workloads }) {
    for (const workload of workloads) {
      for (const container of workload.containers) {
        const port = container.preStop.http?.at('port');
        if (!port?.exists || container.knowsPort(port)) continue;
        yield {
          resource: workload.resource,
          field: port,
          message: `The hook calls port ${port.text}, which ${container.name} does not declare. ${afterDeadHook(container)}`,
          edits: [{ field: port, value: container.ownPort }],
          // containerPort is only information: a number may be right all the same.
          ...(port.number !== undefined && { severity: 'warning' }),
          ...deadHook(container),
        };
      }
    }
  },
};
