import { type Rule } from '../../rule.js';
import { hookFor } from './hook.js';

export const preStopMissing: Rule = {
  id: 'pre-stop-missing',
  severity: 'error',
  title: 'Nothing drains or waits before SIGTERM',
  why: 'Without a preStop hook SIGTERM comes at once, together with the removal of the endpoint: the process closes its listener while the Service still sends connections. A service that drains on SIGTERM with a propagationDelay needs no hook; any other needs at least a sleep.',
  *check({ servers }) {
    for (const { workload, container } of servers) {
      if (!workload.isLasting || !workload.hasHooks) continue;
      if (container.preStop.exists || container.drainsOnSignal) continue;
      yield {
        resource: workload.resource,
        field: container.preStop.field,
        message: `${container.name} has no preStop hook, and nothing says that it drains on SIGTERM.`,
        edits: [hookFor(container)],
      };
    }
  },
};
