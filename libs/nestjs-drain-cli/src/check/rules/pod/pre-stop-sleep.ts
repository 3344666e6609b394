import { knowing, type Rule } from '../../rule.js';
import { hookFor } from './hook.js';

export const preStopSleep: Rule = {
  id: 'pre-stop-sleep',
  severity: 'error',
  title: 'The preStop hook only sleeps, and SIGTERM does not drain',
  why: 'A sleep delays SIGTERM until the Service has heard of the deletion, and that is all: streams that are still running at SIGTERM are cut unless the process drains then.',
  *check({ servers }) {
    for (const server of servers.filter(({ container }) => container.preStop.onlySleeps)) {
      const { workload, container } = server;
      if (container.drainsOnSignal) continue;
      yield* knowing(server, ['signals'], function* ({ signals }) {
        if (signals.seconds !== 0) return;
        yield {
          resource: workload.resource,
          field: container.preStop.field,
          message: `SIGTERM comes ${container.preStop.sleep} s later, and ${container.name} does not drain then.`,
          edits: [hookFor(container)],
        };
      });
    }
  },
};
