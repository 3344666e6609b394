import { type Rule } from '../rule.js';

export const preStopSleep: Rule = {
  id: 'pre-stop-sleep',
  severity: 'warning',
  title: 'The preStop hook only sleeps',
  why: 'A sleep delays SIGTERM until the Service has heard of the deletion, and that is all: streams that are still running at SIGTERM are cut unless the process drains then, and the sleep is taken from the grace.',
  remedy: `lifecycle:
  preStop:
    httpGet: # drains, and answers when every stream has ended
      path: /shutdown/wait
      port: http`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      if (container.drain || !container.preStop.onlySleeps) continue;
      yield {
        resource: workload.resource,
        field: container.preStop.field,
        message: `SIGTERM comes ${container.preStop.sleep} s later, and ${container.name} shows no sign of draining then.`,
      };
    }
  },
};
