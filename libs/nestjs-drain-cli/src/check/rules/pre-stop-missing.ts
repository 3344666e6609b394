import { type Container } from '../container.js';
import { type Rule } from '../rule.js';

export const preStopMissing: Rule = {
  id: 'pre-stop-missing',
  severity: 'error',
  title: 'Nothing drains before SIGTERM',
  why: 'Without a preStop hook SIGTERM comes at once, together with the removal of the endpoint: the process closes its listener while the Service still sends connections, and streams are cut when it exits. (A service that drains on SIGTERM with a propagationDelay needs no hook.)',
  remedy: `lifecycle:
  preStop:
    httpGet:
      path: /shutdown/wait
      port: http`,
  *check({ servers }) {
    for (const { workload, container } of servers) {
      if (!workload.isLasting || container.preStop.exists || drainsOnSignal(container)) continue;
      yield {
        resource: workload.resource,
        field: container.field.at('lifecycle', 'preStop'),
        message: `${container.name} has no preStop hook.`,
      };
    }
  },
};

function drainsOnSignal({ drain, environment }: Container): boolean {
  const disabled = environment.get('DISABLE_SIGNAL_HANDLER')?.text ?? 'false';
  const delay = drain?.propagationDelay;
  return drain !== undefined && /^(false|0|)$/i.test(disabled) && delay?.seconds !== 0;
}
